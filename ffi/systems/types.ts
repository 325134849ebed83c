import type { FunctionName } from "../symbols.ts";

/** A processor architecture that Deno is built for. */
export type Architecture = typeof Deno.build.arch;

/** The offset of an integer in a structure, and its size, in bytes. */
export type Field = readonly [offset: number, size: 2 | 4 | 8];

/** The layout of a `struct stat`, as {@linkcode System.stat} describes it. */
export interface StatLayout {
  /** `sizeof(struct stat)`. */
  readonly size: number;
  readonly st_dev: Field;
  readonly st_ino: Field;
  readonly st_mode: Field;
}

/**
 * What differs between operating systems, each value under the name that the
 * system's own headers give it. Each file beside this one has the values of one
 * system. `deno task headers` compares them with the headers.
 */
export interface System {
  /** Whether the system has Unix datagram sockets. */
  readonly hasUnixDatagramSockets: boolean;
  /** The name by which the dynamic loader finds the C library without a path. */
  readonly libraryName: string;
  /** Possible paths of the C library, the most likely one first, for a permission that is limited to a path. */
  readonly libraryPaths: readonly string[];
  /** The names in the C library of the functions that have another name there than in `symbols.ts`. */
  readonly symbolNames: Readonly<Partial<Record<FunctionName, string>>>;
  /** Whether a variadic argument is passed on the stack although a fixed one is passed in a register. */
  readonly isVariadicOnStack: boolean;
  /** Whether the first byte of every `sockaddr` is its length. */
  readonly hasSockaddrLength: boolean;
  /** Whether `fchmod(2)` on a socket before `bind(2)` sets the mode of the file that `bind` creates. */
  readonly fileTakesSocketMode: boolean;
  readonly stat: StatLayout;
  /** `sizeof(((struct sockaddr_un *) 0)->sun_path)`, in bytes. */
  readonly SUN_PATH_LENGTH: number;
  readonly AF_UNIX: number;
  readonly AF_INET: number;
  readonly AF_INET6: number;
  readonly SOCK_DGRAM: number;
  /** A flag of `socket(2)`; 0 if the system has none and `fcntl(2)` must set `FD_CLOEXEC`. */
  readonly SOCK_CLOEXEC: number;
  /** A flag of `send(2)`; 0 if the system has none and `setsockopt(2)` must set `SO_NOSIGPIPE`. */
  readonly MSG_NOSIGNAL: number;
  readonly SOL_SOCKET: number;
  /** A socket option; 0 if the system has none. */
  readonly SO_NOSIGPIPE: number;
  /** A socket option; 0 if the system has none and does not report the sender of a datagram. */
  readonly SO_PASSCRED: number;
  /** A socket option, for descriptors in datagrams; 0 if the system has none. */
  readonly SO_PASSRIGHTS: number;
  readonly AT_FDCWD: number;
  readonly AT_SYMLINK_NOFOLLOW: number;
  readonly O_CLOEXEC: number;
  readonly F_SETFD: number;
  readonly FD_CLOEXEC: number;
  readonly F_SETFL: number;
  readonly O_NONBLOCK: number;
  readonly PROT_READ: number;
  readonly PROT_WRITE: number;
  readonly MAP_PRIVATE: number;
  readonly MAP_ANONYMOUS: number;
  /** An advice of `madvise(2)`; 0 if the system has none. */
  readonly MADV_WIPEONFORK: number;
  readonly SIGTSTP: number;
  /** The errors of `send(2)` on a connected datagram socket whose peer is gone. */
  readonly peerGoneErrors: readonly string[];
  /** The id of the monotonic clock that stops while the machine sleeps. */
  readonly MONOTONIC_CLOCK: number;
  /** The names in `<errno.h>` and their numbers. If two names share a number, the usual one is first. */
  readonly errno: Readonly<Record<string, number>>;
}
