import { symbols } from "./symbols.ts";
import { system } from "./system.ts";

type Symbols = typeof symbols;

/** The name of a function in `symbols.ts`. */
export type FunctionName = keyof Symbols;

/** The functions of these names. */
export type Functions<Name extends FunctionName> = Pick<
  Deno.DynamicLibrary<Symbols>["symbols"],
  Name
>;

const paths = system.libraryPaths[Deno.build.arch] ?? [];

/** Whether the library can be opened without a question to the user. */
function isLibraryGranted(): boolean {
  return !grantedNames().next().done;
}

/**
 * Whether the grant is for all of FFI, and so for pointers too: where it is not,
 * `Deno.UnsafePointerView` throws, or asks the user.
 */
export function hasBlanketGrant(): boolean {
  return isGranted({ name: "ffi" });
}

const opened: Partial<Functions<FunctionName>> = {};

/**
 * Opens functions of the C library, each of them once in an isolate's life: a
 * second handle behind the same call would make that call polymorphic, which is
 * slower by an order of magnitude. Deno makes machine code for each, which takes
 * 0.1 to 0.4 ms, the longest with a buffer among the parameters; and each call of
 * this takes 0.3 ms. So what every process needs is opened in one call, and the
 * rest where it is needed.
 *
 * @throws {Deno.errors.NotSupported} Where the system has no Unix datagram
 * sockets.
 * @throws {Deno.errors.NotCapable} Where FFI permission is missing, and the
 * user, who is asked for it, does not give it.
 * @throws {Deno.errors.NotFound} Where the library is in none of its places.
 */
export function openFunctions<Name extends FunctionName>(
  ...names: Name[]
): Functions<Name> {
  const missing = names.filter((name) => opened[name] === undefined);
  if (missing.length > 0) Object.assign(opened, openMissing(missing));
  return Object.fromEntries(
    names.map((name) => [name, opened[name]]),
  ) as unknown as Functions<Name>;
}

/**
 * Asks the user for FFI permission, where it takes that.
 *
 * @throws {Deno.errors.NotSupported} Where the system has no Unix datagram
 * sockets.
 */
export function requestGrant(): void {
  if (!system.hasUnixDatagramSockets) {
    throw new Deno.errors.NotSupported(
      `Cannot open a datagram socket: ${Deno.build.os} is not supported: run this on Linux, macOS or FreeBSD`,
    );
  }
  // The question is for all of FFI: a path that turned out not to exist would
  // have to be followed by a second question.
  if (!isLibraryGranted()) {
    Deno.permissions.requestSync({ name: "ffi" });
  }
}

function openMissing<Name extends FunctionName>(
  names: Name[],
): Functions<Name> {
  requestGrant();
  const wanted = Object.fromEntries(
    names.map((name) => [name, symbols[name]]),
  ) as Pick<Symbols, Name>;
  const tried: string[] = [];
  let cause: unknown;
  for (const libraryName of grantedNames()) {
    try {
      return Deno.dlopen(libraryName, wanted).symbols as Functions<Name>;
    } catch (error) {
      // Another distribution's place for it: the next name may be right.
      tried.push(libraryName);
      cause ??= error;
    }
  }
  throw tried.length === 0
    ? new Deno.errors.NotCapable(
      "Cannot call the C library without FFI permission: run again with --allow-ffi" +
        (paths.length > 0
          ? `, or with --allow-ffi=${paths[0]} where that file exists`
          : ""),
    )
    : new Deno.errors.NotFound(
      `Cannot open the C library: none of these loads: ${tried.join(", ")}`,
      { cause },
    );
}

/**
 * What `open` makes of the library where that needs no question to the user, and
 * `undefined` elsewhere: for the time when modules load.
 */
export function openAtImport<T>(open: () => T): T | undefined {
  if (!isLibraryGranted()) return undefined;
  try {
    return open();
  } catch {
    // The first call throws the same again, to somebody who can catch it.
    return undefined;
  }
}

/** The library's names that may be opened without a question, likeliest first. */
function* grantedNames(): Generator<string> {
  if (!system.hasUnixDatagramSockets) return;
  // A bare name is resolved against the working directory unless the grant is a
  // blanket one (denoland/deno#29246), so a grant for it alone is of no use.
  if (hasBlanketGrant()) yield system.libraryName;
  yield* paths.filter((path) => isGranted({ name: "ffi", path }));
}

function isGranted(descriptor: Deno.FfiPermissionDescriptor): boolean {
  return Deno.permissions.querySync(descriptor).state === "granted";
}
