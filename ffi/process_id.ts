import { libc, type LibcFunctions } from "./libc.ts";
import { system as thisSystem } from "./system.ts";

/** Answers with the id of the calling process. */
type ProcessIdReader = () => number;

/** What the reader needs of the C library. */
type Functions = Pick<LibcFunctions, "getpid" | "mmap" | "munmap" | "madvise">;

// The smallest that a page is anywhere; the system rounds it up.
const PAGE_SIZE = 4096;
const PageSize = BigInt(PAGE_SIZE);

let read: ProcessIdReader | undefined;

/**
 * The id of the calling process, its own in a forked child too.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/getpid.2.html getpid(2)}
 */
export function processId(): number {
  return (read ??= createProcessIdReader(libc()))();
}

/**
 * Makes the reader: `getpid` each time, or, where the system wipes a page for a
 * forked child, `getpid` once for each process. The system call is a seventh of
 * the cost of a beat.
 */
export function createProcessIdReader(
  functions: Functions,
  system = thisSystem,
): ProcessIdReader {
  const { getpid } = functions;
  const page = createPageWipedOnFork(functions, system);
  if (page === undefined) return () => getpid();
  return () => page[0] || (page[0] = getpid());
}

/**
 * A page that reads as zeros in a forked child, or `undefined` where there is
 * none to be had: on another system, an old kernel, or in a sandbox.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/madvise.2.html madvise(2)}
 */
export function createPageWipedOnFork(
  { mmap, munmap, madvise }: Functions,
  system = thisSystem,
): Uint32Array<ArrayBuffer> | undefined {
  if (system.MADV_WIPEONFORK === 0) return undefined;
  const { PROT_READ, PROT_WRITE, MAP_PRIVATE, MAP_ANONYMOUS } = system;
  const prot = PROT_READ | PROT_WRITE;
  const page = mmap(null, PageSize, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0n);
  // MAP_FAILED, which is no page's address, fails here as well.
  if (madvise(page, PageSize, system.MADV_WIPEONFORK) === 0) {
    try {
      return new Uint32Array(
        Deno.UnsafePointerView.getArrayBuffer(page!, PAGE_SIZE),
      );
    } catch (error) {
      // A grant scoped to a path forbids views of foreign memory.
      if (!(error instanceof Deno.errors.NotCapable)) throw error;
    }
  }
  munmap(page, PageSize);
}
