import { openFunctions } from "./library.ts";
import { system } from "./system.ts";

/**
 * Calls `fcntl` with an integer argument.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/fcntl.2.html fcntl(2)}
 */
export type Fcntl = (fd: number, op: number, arg: number) => number;

/** Opens `fcntl`, by this system's way of passing a variadic argument. */
export function openFcntl(): Fcntl {
  if (!system.variadicOnStack[Deno.build.arch]) {
    return openFunctions("fcntl").fcntl;
  }
  const { fcntlOnStack } = openFunctions("fcntlOnStack");
  return (fd, op, arg) => fcntlOnStack(fd, op, 0, 0, 0, 0, 0, 0, BigInt(arg));
}
