import { type Functions, hasBlanketGrant, openFunctions } from "./library.ts";
import { system } from "./system.ts";

/**
 * Answers with the id of the calling process, its own in a forked child too.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/getpid.2.html getpid(2)}
 */
export type ProcessIdReader = () => number;

/** What makes a page that is wiped on fork. */
type PageFunctions = Functions<"mmap" | "munmap" | "madvise">;

// The smallest that a page is anywhere; the system rounds it up.
const PAGE_SIZE = 4096;
const PageSize = BigInt(PAGE_SIZE);
const NO_ADVICE = -1;

/** The functions that the reader is made of: with a page, `getpid` is hardly ever called. */
export function processIdFunctions(): ("getpid" | "mmap" | "madvise")[] {
  return canHavePage() ? ["mmap", "madvise"] : ["getpid"];
}

// A grant scoped to a path forbids views of foreign memory.
function canHavePage(): boolean {
  return system.MADV_WIPEONFORK !== 0 && hasBlanketGrant();
}

/** Opens the cheapest reader that the system and the grant allow. */
export function openProcessId(): ProcessIdReader {
  const page = openPage();
  if (page === undefined) {
    return createProcessIdReader(openFunctions("getpid").getpid);
  }
  page[0] = Deno.pid;
  return createProcessIdReader(() => openFunctions("getpid").getpid(), page);
}

/**
 * Makes the reader: `getpid` each time, or, with a page that is wiped on fork,
 * `getpid` once for each process. The system call is a seventh of the cost of a
 * beat.
 */
export function createProcessIdReader(
  getpid: () => number,
  page?: Uint32Array,
): ProcessIdReader {
  if (page === undefined) return () => getpid();
  return () => page[0] || (page[0] = getpid());
}

/** The page, or `undefined` where there is none to be had. */
function openPage(): Uint32Array | undefined {
  if (!canHavePage()) return undefined;
  return createPageWipedOnFork({
    ...openFunctions("mmap", "madvise"),
    // Needed only where there is no page.
    munmap: (...args) => openFunctions("munmap").munmap(...args),
  });
}

/**
 * A page that reads as zeros in a forked child, or `undefined` where the kernel
 * is too old for it, a sandbox refuses it, or an emulator only says that it did.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/madvise.2.html madvise(2)}
 */
export function createPageWipedOnFork(
  { mmap, munmap, madvise }: PageFunctions,
): Uint32Array | undefined {
  const { PROT_READ, PROT_WRITE, MAP_PRIVATE, MAP_ANONYMOUS } = system;
  const prot = PROT_READ | PROT_WRITE;
  const page = mmap(null, PageSize, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0n);
  // Where what is no advice succeeds, none is heeded: QEMU's user mode answers 0
  // to each. MAP_FAILED, which is no page's address, fails here as well.
  if (
    madvise(page, PageSize, NO_ADVICE) !== 0 &&
    madvise(page, PageSize, system.MADV_WIPEONFORK) === 0
  ) {
    return new Uint32Array(
      Deno.UnsafePointerView.getArrayBuffer(page!, PAGE_SIZE),
    );
  }
  munmap(page, PageSize);
}
