import { type FunctionName, symbols } from "./symbols.ts";
import { system } from "./system.ts";

/** The functions with these names. */
export type Functions<Name extends FunctionName> = Pick<
  Deno.DynamicLibrary<typeof symbols>["symbols"],
  Name
>;

const { libraryName, libraryPaths, symbolNames } = system;

const opened: Partial<Functions<FunctionName>> = {};

/**
 * Opens functions of the C library. Each function is opened once for the life of
 * the isolate: a second handle at the same call would make that call polymorphic,
 * which is slower by an order of magnitude.
 *
 * Deno compiles each function, which takes 0.1 to 0.4 ms, and each call of this
 * function takes another 0.3 ms. So one call opens what every process needs, and
 * the rest is opened when it is needed.
 *
 * @throws {Deno.errors.NotSupported} If the system has no Unix datagram sockets.
 * @throws {Deno.errors.NotCapable} If FFI permission is missing and the user does
 * not grant it when asked.
 * @throws {Deno.errors.NotFound} If the library is at none of its known paths.
 */
export function openFunctions<Name extends FunctionName>(
  ...names: Name[]
): Functions<Name> {
  const missing = names.filter((name) => opened[name] === undefined);
  if (missing.length > 0) Object.assign(opened, openLibrary(missing));
  return opened as Functions<Name>;
}

/**
 * Asks the user for FFI permission if it is not granted yet.
 *
 * @throws {Deno.errors.NotSupported} If the system has no Unix datagram sockets.
 */
export function requestGrant(): void {
  if (!system.hasUnixDatagramSockets) {
    throw new Deno.errors.NotSupported(
      "Cannot open a datagram socket: this system is not supported: use Linux, macOS or a BSD",
    );
  }
  // For all of FFI: if the user granted a path without a library, Deno would have to
  // ask again.
  if (!isLibraryGranted()) Deno.permissions.requestSync({ name: "ffi" });
}

/**
 * Whether FFI permission is not limited to a path. If it is, the functions of
 * `Deno.UnsafePointerView` throw, or ask the user.
 */
export function hasBlanketGrant(): boolean {
  return isGranted({ name: "ffi" });
}

/**
 * Calls `open` if the library can be opened without asking the user, for example
 * while modules load. Returns `undefined` if it cannot, or if `open` throws: the
 * first use of the library then throws again, and its caller can handle the error.
 */
export function openIfGranted<T>(open: () => T): T | undefined {
  if (!system.hasUnixDatagramSockets || !isLibraryGranted()) return undefined;
  try {
    return open();
  } catch {
    return undefined;
  }
}

function openLibrary(names: FunctionName[]): Partial<Functions<FunctionName>> {
  requestGrant();
  const definitions = Object.fromEntries(names.map((name) => [
    name,
    { name: symbolNames[name] ?? name, ...symbols[name] },
  ])) as unknown as typeof symbols;
  const failed: string[] = [];
  let cause: unknown;
  for (const path of grantedPaths()) {
    try {
      return Deno.dlopen(path, definitions).symbols;
    } catch (error) {
      // The next path may be the one of this distribution.
      failed.push(path);
      cause ??= error;
    }
  }
  if (failed.length > 0) {
    throw new Deno.errors.NotFound(
      `Cannot open the C library at any of these paths: ${failed.join(", ")}`,
      { cause },
    );
  }
  const [example] = libraryPaths;
  throw new Deno.errors.NotCapable(
    "Cannot call the C library without FFI permission: run again with --allow-ffi" +
      (example ? `, or with --allow-ffi=${example} if that file exists` : ""),
  );
}

function isLibraryGranted(): boolean {
  return !grantedPaths().next().done;
}

/** Yields what can be opened without asking the user, the most likely first. */
function* grantedPaths(): Generator<string> {
  // Deno resolves a name without a path against the working directory, unless the
  // grant is a blanket one (denoland/deno#29246).
  if (hasBlanketGrant()) yield libraryName;
  for (const path of libraryPaths) {
    if (isGranted({ name: "ffi", path })) yield path;
  }
}

function isGranted(descriptor: Deno.FfiPermissionDescriptor): boolean {
  return Deno.permissions.querySync(descriptor).state === "granted";
}
