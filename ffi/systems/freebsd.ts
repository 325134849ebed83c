// <errno.h>, <fcntl.h>, <sys/socket.h>, <sys/stat.h> and <time.h>.

import { bsd } from "./bsd.ts";
import type { System } from "./system.ts";

export const freebsd = (): System => ({
  ...bsd(),
  libraryName: "libc.so.7",
  libraryPaths: ["/lib/libc.so.7"],
  symbolNames: { errnoLocation: "__error" },
  stat: { size: 224, st_dev: [0, 8], st_ino: [8, 8], st_mode: [24, 2] },
  AF_INET6: 28,
  SOCK_CLOEXEC: 0x10000000,
  MSG_NOSIGNAL: 0x20000,
  O_CLOEXEC: 0x100000,
  MONOTONIC_CLOCK: 4,
  errno: {
    ...bsd().errno,
    EOPNOTSUPP: 45,
    ENOTSUP: 45,
    EIDRM: 82,
    ENOMSG: 83,
    EOVERFLOW: 84,
    ECANCELED: 85,
    EILSEQ: 86,
    ENOATTR: 87,
    EDOOFUS: 88,
    EBADMSG: 89,
    EMULTIHOP: 90,
    ENOLINK: 91,
    EPROTO: 92,
    ENOTCAPABLE: 93,
    ECAPMODE: 94,
    ENOTRECOVERABLE: 95,
    EOWNERDEAD: 96,
    EINTEGRITY: 97,
  },
});
