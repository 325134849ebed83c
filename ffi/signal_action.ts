import { type Functions, openFunctions } from "./library.ts";
import { system } from "./system.ts";

/** No system's `struct sigaction` is longer, in bytes. */
const ROOM = 256;

// Only a panic handler needs them.
let opened: Functions<"sigaction" | "raise"> | undefined;

function functions(): Functions<"sigaction" | "raise"> {
  return opened ??= openFunctions("sigaction", "raise");
}

/**
 * Whether this process ignores a signal, as `nohup` and the shell's `&` make
 * their children do.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/sigaction.2.html sigaction(2)}
 */
export function isSignalIgnored(signum: number): boolean {
  const action = new Uint8Array(ROOM);
  functions().sigaction(signum, null, action);
  const handler = new DataView(action.buffer).getBigUint64(
    system.SIGACTION_HANDLER_OFFSET,
    true,
  );
  return handler === BigInt(system.SIG_IGN);
}

/**
 * Lets a signal do to this process what it does where nobody handles it.
 *
 * @see {@link https://man7.org/linux/man-pages/man3/raise.3.html raise(3)}
 */
export function raiseUnhandled(signum: number): void {
  const { sigaction, raise } = functions();
  // All zeros: SIG_DFL, with no flags and an empty mask.
  sigaction(signum, new Uint8Array(ROOM), null);
  raise(signum);
}
