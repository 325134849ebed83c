import { android } from "./systems/android.ts";
import { darwin } from "./systems/darwin.ts";
import { freebsd } from "./systems/freebsd.ts";
import { linux } from "./systems/linux.ts";
import { netbsd } from "./systems/netbsd.ts";
import { openbsd } from "./systems/openbsd.ts";
import { windows } from "./systems/windows.ts";

/** A processor architecture that Deno is built for. */
export type Architecture = typeof Deno.build.arch;

/** The offset of an integer in a structure, and the number of bytes that it takes. */
export type Field = readonly [offset: number, size: 2 | 4 | 8];

/** Where in a `struct stat` its fields are, in bytes. */
export interface StatLayout {
  /** The name of the `lstat` that fills it in. */
  readonly symbol: Readonly<Record<Architecture, string>>;
  /** `sizeof(struct stat)`. */
  readonly size: number;
  readonly st_dev: Field;
  readonly st_ino: Field;
  readonly st_mode: Field;
}

/**
 * What differs from one operating system to the next, each thing under the name
 * that the system's own headers give it. A new system is a new table of this
 * shape beside the others in `systems/`.
 */
export interface System {
  /** Whether the system has Unix datagram sockets at all. */
  readonly hasUnixDatagramSockets: boolean;
  /** The C library's name, as the dynamic loader finds it without a path. */
  readonly libraryName: string;
  /** Where the C library lies, the likeliest first: what a grant scoped to a path can name. */
  readonly libraryPaths: Readonly<Record<Architecture, readonly string[]>>;
  /** The function that answers with the address of the calling thread's `errno`. */
  readonly errnoLocation: "__errno_location" | "__error" | "__errno";
  /** Whether a variadic argument travels on the stack, where a fixed one has a register. */
  readonly variadicOnStack: Readonly<Record<Architecture, boolean>>;
  /** Whether every `sockaddr` begins with a byte that holds its own length. */
  readonly hasSockaddrLength: boolean;
  /** Whether the mode that `fchmod(2)` gives an unbound socket is its file's, once it is bound. */
  readonly fileTakesSocketMode: boolean;
  /** What `lstat(2)` fills in; `undefined` where `statx(2)` tells the same. */
  readonly stat: StatLayout | undefined;
  /** `sizeof(((struct sockaddr_un *) 0)->sun_path)`, in bytes. */
  readonly SUN_PATH_LENGTH: number;
  readonly AF_UNIX: number;
  readonly AF_INET: number;
  readonly AF_INET6: number;
  readonly SOCK_DGRAM: number;
  /** A flag of `socket(2)`; 0 where there is none, and `fcntl(2)` sets `FD_CLOEXEC`. */
  readonly SOCK_CLOEXEC: number;
  /** A flag of `send(2)`; 0 where there is none, and `setsockopt(2)` sets `SO_NOSIGPIPE`. */
  readonly MSG_NOSIGNAL: number;
  readonly SOL_SOCKET: number;
  /** A socket option; 0 where there is none. */
  readonly SO_NOSIGPIPE: number;
  /** A socket option; 0 where there is none, and no datagram says who sent it. */
  readonly SO_PASSCRED: number;
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
  /** An advice of `madvise(2)`; 0 where there is none. */
  readonly MADV_WIPEONFORK: number;
  readonly SIGTSTP: number;
  /** What `send(2)` answers on a connected datagram socket whose peer is gone. */
  readonly lostPeerErrors: readonly string[];
  /** The id of the monotonic clock that stands still while the machine sleeps. */
  readonly MONOTONIC_CLOCK: number;
  /** A `sa_handler` of `sigaction(2)`. */
  readonly SIG_IGN: number;
  /** `offsetof(struct sigaction, sa_handler)`, in bytes. */
  readonly SIGACTION_HANDLER_OFFSET: number;
  /** The signals of `<signal.h>` that end a process which does not handle them, but could. */
  readonly signals: Readonly<Partial<Record<Deno.Signal, number>>>;
  /** The names of `<errno.h>` and their numbers; where two names share one, the usual name is first. */
  readonly errno: Readonly<Record<string, number>>;
}

// All are loaded where one is needed: to load that one alone would take an await
// at the top level, and in a program behind one, reportError() crashes Deno 2.0
// and 2.5. But only that one is made.
const systems: Readonly<Partial<Record<string, () => System>>> = {
  linux,
  android,
  darwin,
  freebsd,
  netbsd,
  openbsd,
  windows,
};

/**
 * The table of the system that this process runs on; on a system without one,
 * a table without sockets.
 */
export const system: System = (systems[Deno.build.os] ?? windows)();

/**
 * The name that `<errno.h>` gives a number, `"ENOENT"` for example, or
 * `"UNKNOWN"` where the system has no name for it.
 */
export function errnoName(errno: number, { errno: names } = system): string {
  for (const [name, number] of Object.entries(names)) {
    if (number === errno) return name;
  }
  return "UNKNOWN";
}
