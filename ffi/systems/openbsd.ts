// <errno.h>, <fcntl.h>, <sys/socket.h>, <sys/stat.h> and <time.h>.

import { bsd } from "./bsd.ts";
import type { System } from "./system.ts";

export const openbsd = (): System => ({
  ...bsd(),
  libraryName: "libc.so",
  // The name of the file ends in a version that changes with the releases. For a
  // name without a path the loader finds the highest one, ld.so(1).
  libraryPaths: [],
  symbolNames: { errnoLocation: "__errno" },
  stat: { size: 128, st_mode: [0, 4], st_dev: [4, 4], st_ino: [8, 8] },
  AF_INET6: 24,
  SOCK_CLOEXEC: 0x8000,
  MSG_NOSIGNAL: 0x400,
  SO_NOSIGPIPE: 0,
  AT_SYMLINK_NOFOLLOW: 0x2,
  O_CLOEXEC: 0x10000,
  // CLOCK_UPTIME: CLOCK_MONOTONIC (3) does not stop while the machine sleeps.
  MONOTONIC_CLOCK: 5,
  errno: {
    ...bsd().errno,
    EOPNOTSUPP: 45,
    EIPSEC: 82,
    ENOATTR: 83,
    EILSEQ: 84,
    ENOMEDIUM: 85,
    EMEDIUMTYPE: 86,
    EOVERFLOW: 87,
    ECANCELED: 88,
    EIDRM: 89,
    ENOMSG: 90,
    ENOTSUP: 91,
    EBADMSG: 92,
    ENOTRECOVERABLE: 93,
    EOWNERDEAD: 94,
    EPROTO: 95,
  },
});
