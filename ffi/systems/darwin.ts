// <sys/errno.h>, <sys/fcntl.h>, <sys/socket.h>, <sys/stat.h> and <time.h>.

import { bsd } from "./bsd.ts";
import type { Architecture, System } from "./types.ts";

export const darwin = (arch: Architecture): System => ({
  ...bsd(),
  libraryName: "libSystem.B.dylib",
  // No file is there since macOS 11: the loader takes the library from its cache.
  libraryPaths: ["/usr/lib/libSystem.B.dylib"],
  symbolNames: {
    errnoLocation: "__error",
    // The plain name on x86-64 is the one for inode numbers of 32 bits.
    lstat: arch === "x86_64" ? "lstat$INODE64" : "lstat",
  },
  isVariadicOnStack: arch === "aarch64",
  stat: { size: 144, st_dev: [0, 4], st_mode: [4, 2], st_ino: [8, 8] },
  AF_INET6: 30,
  SOCK_CLOEXEC: 0,
  // Not the 0x80000 of new headers: SO_NOSIGPIPE works with older kernels too.
  MSG_NOSIGNAL: 0,
  SO_NOSIGPIPE: 0x1022,
  AT_FDCWD: -2,
  AT_SYMLINK_NOFOLLOW: 0x20,
  O_CLOEXEC: 0x1000000,
  // CLOCK_UPTIME_RAW: CLOCK_MONOTONIC (6) does not stop while the machine sleeps.
  MONOTONIC_CLOCK: 8,
  errno: {
    ...bsd().errno,
    ENOTSUP: 45,
    EPWROFF: 82,
    EDEVERR: 83,
    EOVERFLOW: 84,
    EBADEXEC: 85,
    EBADARCH: 86,
    ESHLIBVERS: 87,
    EBADMACHO: 88,
    ECANCELED: 89,
    EIDRM: 90,
    ENOMSG: 91,
    EILSEQ: 92,
    ENOATTR: 93,
    EBADMSG: 94,
    EMULTIHOP: 95,
    ENODATA: 96,
    ENOLINK: 97,
    ENOSR: 98,
    ENOSTR: 99,
    EPROTO: 100,
    ETIME: 101,
    EOPNOTSUPP: 102,
    ENOPOLICY: 103,
    ENOTRECOVERABLE: 104,
    EOWNERDEAD: 105,
    EQFULL: 106,
    ENOTCAPABLE: 107,
  },
});
