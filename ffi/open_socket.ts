import { libc } from "./libc.ts";
import { familyOf, type SocketAddress } from "./socket_address.ts";
import { system } from "./system.ts";
import { failureOf, type SystemFailure } from "./failure.ts";

const { SOCK_DGRAM, SOCK_CLOEXEC } = system;
const { F_SETFD, FD_CLOEXEC, F_SETFL, O_NONBLOCK } = system;

/**
 * The descriptors of what was dropped without `close()`. An owner takes its own
 * out before it closes it, so that no number is closed that has passed to
 * another owner.
 */
export const abandoned: FinalizationRegistry<number> = new FinalizationRegistry(
  (fd) => libc().close(fd),
);

/**
 * A new datagram socket of the family of `address`: close-on-exec, given the
 * address by `attach`, and then non-blocking. Whatever fails, no descriptor is left.
 *
 * @see {@link https://man7.org/linux/man-pages/man7/unix.7.html unix(7)}
 * @returns The descriptor, or what failed.
 */
export function openSocket(
  address: SocketAddress,
  attach: (fd: number, address: SocketAddress) => SystemFailure | undefined,
): number | SystemFailure {
  const type = SOCK_DGRAM | SOCK_CLOEXEC;
  const fd = libc().socket(familyOf(address), type, 0);
  const failure = failureOf("socket", fd) ?? closeOnExec(fd) ??
    attach(fd, address) ?? makeNonBlocking(fd);
  if (failure === undefined) return fd;
  if (fd !== -1) libc().close(fd);
  return failure;
}

/** Sets what a system without `SOCK_CLOEXEC` has not set yet. */
export function closeOnExec(fd: number): SystemFailure | undefined {
  if (SOCK_CLOEXEC === 0) {
    return failureOf("fcntl", libc().fcntl(fd, F_SETFD, FD_CLOEXEC));
  }
}

/** Makes a new socket's calls return instead of wait, and fail without a signal. */
export function makeNonBlocking(fd: number): SystemFailure | undefined {
  // A new socket has no other status flag that this could clear.
  return failureOf("fcntl", libc().fcntl(fd, F_SETFL, O_NONBLOCK)) ??
    failureOf("setsockopt", libc().forbidSignal(fd));
}
