import { createErrnoReader, type ErrnoReader } from "./errno.ts";
import { type Fcntl, openFcntl } from "./fcntl.ts";
import { type Functions, openAtImport, openFunctions } from "./library.ts";
import { type MemoryFunctions, openMemoryFunctions } from "./memory.ts";
import { openProcessId, type ProcessIdReader } from "./process_id.ts";
import { openSignalGuard, type SignalGuard } from "./signal_guard.ts";

/** What an agent needs of the C library. */
export type Libc =
  & Functions<"socket" | "connect" | "close">
  & MemoryFunctions
  & {
    readonly fcntl: Fcntl;
    readonly forbidSignal: SignalGuard;
    readonly processId: ProcessIdReader;
    /**
     * The `errno` of the C call just made. Only in that call's own wake, before
     * any other, is the answer about it.
     *
     * @see {@link https://man7.org/linux/man-pages/man3/errno.3.html errno(3)}
     */
    readonly errno: ErrnoReader;
  };

let opened: Libc | undefined = openAtImport(open);

/**
 * The C library, opened at import where that needs no question to the user, and
 * else at the first call.
 *
 * @throws {Deno.errors.NotSupported} Where the system has no Unix datagram
 * sockets.
 * @throws {Deno.errors.NotCapable} Where FFI permission is missing.
 */
export function libc(): Libc {
  return opened ??= open();
}

function open(): Libc {
  // Together, though some of them are for the functions below.
  openFunctions(
    "socket",
    "connect",
    "close",
    "send",
    "clock_gettime",
    "addressOf",
    "getpid",
    "errnoLocation",
  );
  return {
    ...openFunctions("socket", "connect", "close"),
    ...openMemoryFunctions(),
    fcntl: openFcntl(),
    forbidSignal: openSignalGuard(),
    processId: openProcessId(),
    errno: createErrnoReader(),
  };
}
