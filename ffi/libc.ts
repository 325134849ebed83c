import {
  type Functions,
  hasBlanketGrant,
  openAtImport,
  openFunctions,
  requestGrant,
} from "./library.ts";
import type { Memory, MemoryView } from "./memory.ts";
import {
  openProcessId,
  processIdFunctions,
  type ProcessIdReader,
} from "./process_id.ts";
import { system } from "./system.ts";

/** The functions that take {@linkcode Memory}, and what makes it for them. */
interface MemoryFunctions {
  send(sockfd: number, buf: Memory, len: bigint, flags: number): number;
  clock_gettime(clockid: number, tp: Memory): number;
  /** The memory of a part of a view, from one index up to another. */
  memoryOf(view: MemoryView, begin: number, end: number): Memory;
}

/** What an agent needs of the C library. */
export interface Libc
  extends Functions<"socket" | "connect" | "close">, MemoryFunctions {
  /**
   * Calls `fcntl` with an integer argument.
   *
   * @see {@link https://man7.org/linux/man-pages/man2/fcntl.2.html fcntl(2)}
   */
  fcntl(fd: number, op: number, arg: number): number;
  /**
   * Makes a socket fail without a signal where its peer is gone, if `send` does
   * not do it by `MSG_NOSIGNAL`; answers 0, or -1.
   *
   * @see {@link https://man7.org/linux/man-pages/man2/send.2.html send(2)}
   */
  forbidSignal(fd: number): number;
  readonly processId: ProcessIdReader;
  /**
   * The `errno` of the C call just made, in this thread. Only in that call's own
   * wake, before any other, is the answer about it.
   *
   * @see {@link https://man7.org/linux/man-pages/man3/errno.3.html errno(3)}
   */
  errno(): number;
}

const isVariadicOnStack = system.variadicOnStack[Deno.build.arch];
const hasNoSignalFlag = system.MSG_NOSIGNAL !== 0;

// A constant, which V8 compiles into the calls: errno is read in 0.5 ns, not 3.4.
const openedAtImport: Libc | undefined = openAtImport(open);
let openedLater: Libc | undefined;

/**
 * The C library, opened at import where that needs no question to the user, and
 * else at the first call.
 *
 * @throws {Deno.errors.NotSupported} Where the system has no Unix datagram
 * sockets.
 * @throws {Deno.errors.NotCapable} Where FFI permission is missing.
 */
export function libc(): Libc {
  return openedAtImport ?? (openedLater ??= open());
}

function open(): Libc {
  // First, since what is opened depends on it.
  requestGrant();
  // All in one call, though some are for the functions below: another call takes
  // longer than one function more does.
  const { socket, connect, close, send, clock_gettime, addressOf } =
    openFunctions(
      "socket",
      "connect",
      "close",
      "send",
      "clock_gettime",
      "addressOf",
      "errnoLocation",
      isVariadicOnStack ? "fcntlOnStack" : "fcntl",
      ...hasNoSignalFlag ? [] : ["setsockopt"] as const,
      ...hasBlanketGrant() ? [] : ["memcpy"] as const,
      ...processIdFunctions(),
    );
  const memoryOf = (view: MemoryView, begin: number, end: number) => {
    const part = view.subarray(begin, end);
    return addressOf(part, part, 0n);
  };
  return {
    ...{ socket, connect, close },
    ...{ send, clock_gettime, memoryOf } as unknown as MemoryFunctions,
    fcntl: openFcntl(),
    forbidSignal: openSignalGuard(),
    processId: openProcessId(),
    errno: openErrno(),
  };
}

/** Opens `fcntl`, by this system's way of passing a variadic argument. */
function openFcntl(): Libc["fcntl"] {
  if (!isVariadicOnStack) return openFunctions("fcntl").fcntl;
  const { fcntlOnStack } = openFunctions("fcntlOnStack");
  return (fd, op, arg) => fcntlOnStack(fd, op, 0, 0, 0, 0, 0, 0, BigInt(arg));
}

function openSignalGuard(): Libc["forbidSignal"] {
  if (hasNoSignalFlag) return () => 0;
  const { SOL_SOCKET, SO_NOSIGPIPE } = system;
  const { setsockopt } = openFunctions("setsockopt");
  const on = new Int32Array([1]);
  return (fd) => setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, on, on.byteLength);
}

/** Opens this thread's `errno`, by whichever way the grant allows. */
function openErrno(): Libc["errno"] {
  const location = openFunctions("errnoLocation").errnoLocation()!;
  if (hasBlanketGrant()) {
    // The memory of errno itself: reading it is a load, with no call between
    // that could change it.
    const live = new Int32Array(
      Deno.UnsafePointerView.getArrayBuffer(location, 4),
    );
    return () => live[0];
  }
  // A grant scoped to a path forbids views of foreign memory, but not calls, and
  // memcpy(3) leaves errno alone.
  const { memcpy } = openFunctions("memcpy");
  const copy = new Int32Array(1);
  return () => {
    memcpy(copy, location, 4n);
    return copy[0];
  };
}
