import { type Functions, openFunctions } from "./library.ts";
import { system } from "./system.ts";

const { SIGTSTP } = system;
const SIG_DFL = null;

let opened: Functions<"raise" | "signal"> | undefined;

/**
 * Stops this process as the terminal's Ctrl-Z does where nothing listens for it;
 * returns once it is continued. A process that no shell could continue is not
 * stopped: the kernel sees to that.
 *
 * @see {@link https://man7.org/linux/man-pages/man7/signal.7.html signal(7)}
 */
export function stopProcess(): void {
  const { signal, raise } = opened ??= openFunctions("raise", "signal");
  const handler = signal(SIGTSTP, SIG_DFL);
  raise(SIGTSTP);
  signal(SIGTSTP, handler);
}
