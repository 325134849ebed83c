// Bionic takes its numbers from the Linux kernel's headers.

import { linux } from "./linux.ts";
import type { Architecture, System } from "./system.ts";

export const android = (arch: Architecture): System => ({
  ...linux(arch),
  libraryName: "libc.so",
  libraryPaths: [
    "/system/lib64/libc.so",
    "/apex/com.android.runtime/lib64/bionic/libc.so",
  ],
  symbolNames: { errnoLocation: "__errno" },
});
