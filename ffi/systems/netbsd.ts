// <errno.h>, <fcntl.h>, <sys/socket.h>, <sys/stat.h> and <time.h>.

import { bsd } from "./bsd.ts";
import type { System } from "./system.ts";

export const netbsd = (): System => ({
  ...bsd(),
  libraryName: "libc.so.12",
  libraryPaths: ["/usr/lib/libc.so.12", "/lib/libc.so.12"],
  // The names that the headers give these. The library has the plain names too, for
  // old programs, to which a type had another size.
  symbolNames: {
    errnoLocation: "__errno",
    clock_gettime: "__clock_gettime50",
    lstat: "__lstat50",
    pthread_key_create: "__libc_thr_keycreate",
    pthread_key_delete: "__libc_thr_keydelete",
    pthread_setspecific: "__libc_thr_setspecific",
    socket: "__socket30",
  },
  stat: { size: 152, st_dev: [0, 8], st_mode: [8, 4], st_ino: [16, 8] },
  AF_INET6: 24,
  SOCK_CLOEXEC: 0x10000000,
  MSG_NOSIGNAL: 0x400,
  O_CLOEXEC: 0x400000,
  MONOTONIC_CLOCK: 3,
  errno: {
    ...bsd().errno,
    EOPNOTSUPP: 45,
    EIDRM: 82,
    ENOMSG: 83,
    EOVERFLOW: 84,
    EILSEQ: 85,
    ENOTSUP: 86,
    ECANCELED: 87,
    EBADMSG: 88,
    ENODATA: 89,
    ENOSR: 90,
    ENOSTR: 91,
    ETIME: 92,
    ENOATTR: 93,
    EMULTIHOP: 94,
    ENOLINK: 95,
    EPROTO: 96,
    EOWNERDEAD: 97,
    ENOTRECOVERABLE: 98,
  },
});
