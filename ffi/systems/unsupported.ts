import type { System } from "./types.ts";

/**
 * A system that has no table, such as Windows, which has no Unix datagram sockets.
 * The code that works there needs none of these values.
 */
export const unsupported = (): System => ({
  hasUnixDatagramSockets: false,
  libraryName: "",
  libraryPaths: [],
  symbolNames: {},
  isVariadicOnStack: false,
  hasSockaddrLength: false,
  fileTakesSocketMode: false,
  stat: undefined,
  // As on Linux, so that a path that is too long fails for that reason here too.
  SUN_PATH_LENGTH: 108,
  AF_UNIX: 0,
  AF_INET: 0,
  AF_INET6: 0,
  SOCK_DGRAM: 0,
  SOCK_CLOEXEC: 0,
  MSG_NOSIGNAL: 0,
  SOL_SOCKET: 0,
  SO_NOSIGPIPE: 0,
  SO_PASSCRED: 0,
  SO_PASSRIGHTS: 0,
  AT_FDCWD: 0,
  AT_SYMLINK_NOFOLLOW: 0,
  O_CLOEXEC: 0,
  F_SETFD: 0,
  FD_CLOEXEC: 0,
  F_SETFL: 0,
  O_NONBLOCK: 0,
  PROT_READ: 0,
  PROT_WRITE: 0,
  MAP_PRIVATE: 0,
  MAP_ANONYMOUS: 0,
  MADV_WIPEONFORK: 0,
  SIGTSTP: 0,
  peerGoneErrors: ["ECONNRESET", "ENOTCONN", "EPIPE"],
  MONOTONIC_CLOCK: 0,
  errno: {},
});
