import { openFunctions, openIfGranted } from "../library.ts";
import { system } from "../system.ts";

const { SIGTSTP } = system;
const SIG_DFL = null;

/**
 * Raises a signal in this process with its default action, no matter what listens
 * to it. If the action is to end the process, this function does not return.
 *
 * It returns if the kernel protects the process, as it protects pid 1, or if the C
 * library cannot be opened without asking the user for permission.
 *
 * @see {@link https://man7.org/linux/man-pages/man3/raise.3.html raise(3)}
 */
export function raiseDefault(signum: number): void {
  const functions = openIfGranted(() => openFunctions("signal", "raise"));
  functions?.signal(signum, SIG_DFL);
  functions?.raise(signum);
}

/**
 * Stops this process as Ctrl-Z does, and returns when it continues. The kernel does
 * not stop a process that no shell could continue.
 *
 * @see {@link https://man7.org/linux/man-pages/man7/signal.7.html signal(7)}
 */
export function stopProcess(): void {
  const { signal, raise } = openFunctions("signal", "raise");
  const handler = signal(SIGTSTP, SIG_DFL);
  raise(SIGTSTP);
  signal(SIGTSTP, handler);
}
