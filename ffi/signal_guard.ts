import { openFunctions } from "./library.ts";
import { system } from "./system.ts";

/**
 * Makes a socket fail without a signal where its peer is gone; answers 0, or -1.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/send.2.html send(2)}
 */
export type SignalGuard = (fd: number) => number;

/** Opens the guard; where `send` itself takes `MSG_NOSIGNAL`, it does nothing. */
export function openSignalGuard(): SignalGuard {
  if (system.MSG_NOSIGNAL !== 0) return () => 0;
  const { SOL_SOCKET, SO_NOSIGPIPE } = system;
  const { setsockopt } = openFunctions("setsockopt");
  const on = new Int32Array([1]);
  return (fd) => setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, on, on.byteLength);
}
