import { createErrnoReader, type ErrnoReader } from "./errno.ts";
import {
  createMemoryMaker,
  givesAddresses,
  type Memory,
  type MemoryMaker,
} from "./memory.ts";
import { symbols } from "./symbols.ts";
import { system } from "./system.ts";

/** The functions of the C library, as `symbols.ts` declares them. */
export type LibcFunctions = Deno.DynamicLibrary<typeof symbols>["symbols"];

/** The functions of the C library, and `errno`. */
export type Libc = Omit<LibcFunctions, "send" | "clock_gettime"> & {
  send(sockfd: number, buf: Memory, len: bigint, flags: number): number;
  clock_gettime(clockid: number, tp: Memory): number;
  /** Makes memory as the two above take it. */
  readonly memoryOf: MemoryMaker;
  /**
   * The `errno` of the C call just made. Only in that call's own wake, before
   * any other, is the answer about it.
   *
   * @see {@link https://man7.org/linux/man-pages/man3/errno.3.html errno(3)}
   */
  readonly errno: ErrnoReader;
};

const paths = system.libraryPaths[Deno.build.arch];

// One handle for the isolate's life: a second one behind the same call would
// make that call polymorphic, which is slower by an order of magnitude.
let opened: Libc | undefined = openGranted();

/**
 * The C library, opened at import where that needs no question to the user,
 * and else at the first call.
 *
 * @throws {Deno.errors.NotSupported} Where the system has no Unix datagram
 * sockets.
 * @throws {Deno.errors.NotCapable} Where FFI permission is missing.
 */
export function libc(): Libc {
  return opened ??= open();
}

function open(): Libc {
  if (!system.hasUnixDatagramSockets) {
    throw new Deno.errors.NotSupported(
      `Cannot open a Unix datagram socket: ${Deno.build.os} has none`,
    );
  }
  // The question is for all of FFI: a path that turned out not to exist would
  // have to be followed by a second question.
  const library = openGranted() ??
    (Deno.permissions.requestSync({ name: "ffi" }).state === "granted"
      ? openGranted()
      : undefined);
  if (library) return library;
  throw granted().length === 0
    ? new Deno.errors.NotCapable(
      `Cannot call the C library without FFI permission: run again with --allow-ffi, or with --allow-ffi=${
        paths[0]
      } where that file exists`,
    )
    : new Deno.errors.NotFound(
      `Cannot open the C library: none of these loads: ${granted().join(", ")}`,
    );
}

/** The names that may be opened without a question, the likeliest first. */
function granted(): string[] {
  // A bare name is resolved against the working directory unless the grant is a
  // blanket one (denoland/deno#29246), so a grant for it alone is of no use.
  const names = isGranted({ name: "ffi" }) ? [system.libraryName] : [];
  return names.concat(
    paths.filter((path) => isGranted({ name: "ffi", path })),
  );
}

function isGranted(descriptor: Deno.FfiPermissionDescriptor): boolean {
  return Deno.permissions.querySync(descriptor).state === "granted";
}

function openGranted(): Libc | undefined {
  if (!system.hasUnixDatagramSockets) return undefined;
  for (const name of granted()) {
    const functions = load(name);
    if (functions) return complete(functions);
  }
  return undefined;
}

function load(name: string): LibcFunctions | undefined {
  try {
    return Deno.dlopen(name, symbols).symbols;
  } catch {
    // Another distribution's place for it: the next name may be right.
    return undefined;
  }
}

function complete(functions: LibcFunctions): Libc {
  // Before any call can fail, since making the reader may itself change errno.
  const errno = createErrnoReader(functions);
  const memoryOf = createMemoryMaker();
  const { sendView, clock_gettimeView } = functions;
  const forms = givesAddresses(memoryOf)
    ? {}
    : { send: sendView, clock_gettime: clock_gettimeView };
  return { ...functions, ...forms, errno, memoryOf } as unknown as Libc;
}
