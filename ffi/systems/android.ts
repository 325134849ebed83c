// Bionic's <errno.h>, <sys/socket.h>, <sys/un.h>, <fcntl.h>, <signal.h> and
// <time.h>, which take their numbers from the Linux kernel's headers.

import type { System } from "../system.ts";
import { linux } from "./linux.ts";

export const android = (): System => ({
  ...linux(),
  libraryName: "libc.so",
  libraryPaths: {
    x86_64: [
      "/system/lib64/libc.so",
      "/apex/com.android.runtime/lib64/bionic/libc.so",
    ],
    aarch64: [
      "/system/lib64/libc.so",
      "/apex/com.android.runtime/lib64/bionic/libc.so",
    ],
  },
  errnoLocation: "__errno",
  // Behind int sa_flags, in the struct of the 64-bit processors.
  SIGACTION_HANDLER_OFFSET: 8,
});
