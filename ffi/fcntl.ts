import { libc } from "./libc.ts";
import { system } from "./system.ts";

/**
 * Calls `fcntl` with an integer argument, by this system's way of passing a
 * variadic one.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/fcntl.2.html fcntl(2)}
 */
export const fcntl: (fd: number, op: number, arg: number) => number =
  system.variadicOnStack[Deno.build.arch]
    ? (fd, op, arg) =>
      libc().fcntlOnStack(fd, op, 0, 0, 0, 0, 0, 0, BigInt(arg))
    : (fd, op, arg) => libc().fcntl(fd, op, arg);
