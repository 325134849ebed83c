import { closeOnExec } from "../datagram_socket.ts";
import type { Descriptor } from "../descriptor.ts";
import { checkResult, type SystemFailure } from "../failure.ts";
import { libc } from "../libc.ts";
import { system } from "../system.ts";
import { receivingLibc } from "./receiving_libc.ts";

const { AF_UNIX, SOCK_DGRAM, SOCK_CLOEXEC, O_CLOEXEC } = system;

const isMainThread =
  Object.prototype.toString.call(globalThis) === "[object Window]";

/** The numbers that are closed at the end of this thread and are not used now. */
const unused: number[] = [];

/** An unbound socket, which the unused numbers refer to; -1 if there is none yet. */
let placeholder = -1;

/**
 * Closes a descriptor when the thread of this Worker ends, unless it is closed
 * before. No finalizer runs when a Worker ends or is terminated, but the C library
 * then calls the destructors of the thread's variables (C++'s `thread_local`). Here
 * the destructor is `close`, and the variable is a number of a descriptor.
 *
 * A destructor cannot be removed. So the number of a descriptor that is closed
 * before stays open, as a duplicate of an unbound socket, until this thread needs
 * one again: it must not become that of another thread's file. A Worker keeps as
 * many numbers as it had descriptors at once.
 *
 * It does nothing in the main thread, which ends with the process, and with musl,
 * which has no such function.
 *
 * @see {@link https://itanium-cxx-abi.github.io/cxx-abi/abi.html#dso-dtor Itanium C++ ABI, 3.3.6}
 * @returns The failure, if any.
 */
export function closeAtThreadExit(
  { handle }: Descriptor,
): SystemFailure | undefined {
  const functions = receivingLibc();
  const { __cxa_thread_atexit_impl, closeAddress, dup3 } = functions;
  if (isMainThread || __cxa_thread_atexit_impl === null) return undefined;
  const register = (fd: number) =>
    __cxa_thread_atexit_impl(closeAddress, BigInt(fd), null) === 0;
  if (placeholder === -1) {
    const fd = libc().socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const failure = checkResult("socket", fd) ?? closeOnExec(fd);
    if (failure !== undefined) return failure;
    register(placeholder = fd);
  }
  const number = unused.at(-1);
  if (number === undefined) {
    if (!register(handle.fd)) return undefined;
  } else {
    const failure = checkResult("dup3", dup3(handle.fd, number, O_CLOEXEC)) ??
      closeOnExec(number);
    if (failure !== undefined) return failure;
    unused.pop();
    libc().close(handle.fd);
    handle.fd = number;
  }
  handle.release = (fd) => {
    // What could throw, at the end of the stack, comes first.
    unused.push(fd);
    handle.release = undefined;
    handle.fd = -1;
    dup3(placeholder, fd, O_CLOEXEC);
  };
}
