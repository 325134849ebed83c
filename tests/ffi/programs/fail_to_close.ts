// Calls close(-1), and prints its result and errno, or the error. This tells
// whether C functions can be called, and whether errno is read.

import { libc, readErrno } from "../../../ffi/libc.ts";

try {
  console.log(libc().close(-1), readErrno());
} catch (error) {
  const { name, message } = error as Error;
  console.log(`${name}: ${message}`);
}
