import { type Functions, hasBlanketGrant, openFunctions } from "../library.ts";
import type { Words } from "../message.ts";
import { system } from "../system.ts";

// The smallest page of any system; the kernel rounds it up.
const PAGE_SIZE = 4096;
const PAGE_LENGTH = BigInt(PAGE_SIZE);
const INVALID_ADVICE = -1;

/**
 * The id of this process, in a page that reads as zeros in a forked child: the
 * system call would take a seventh of the time of a small `send`. Without such a
 * page it stays zero.
 */
let page: Words = new Uint32Array(1);
let hasPage = false;
let getpid: (() => number) | undefined;

/**
 * Returns the id of the calling process, also in a forked child. Allocates
 * nothing after the first call.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/getpid.2.html getpid(2)}
 */
export function processId(): number {
  return page[0] || readProcessId();
}

/**
 * Returns a view of one element that holds the id of this process, or 0 if
 * {@linkcode processId} must be called instead: reading it takes no call.
 */
export function processIdWord(): Words {
  return page;
}

function readProcessId(): number {
  getpid ??= openFunctions("getpid").getpid;
  const pid = getpid();
  if (hasPage) page[0] = pid;
  return pid;
}

/** The names of the functions that {@linkcode openProcessId} needs. */
export function processIdFunctions(): ("getpid" | "mmap" | "madvise")[] {
  return canHavePage() ? ["mmap", "madvise"] : ["getpid"];
}

/** Prepares {@linkcode processId}, while the permission is granted. */
export function openProcessId(): void {
  const created = canHavePage() ? openPage() : undefined;
  if (created !== undefined) {
    created[0] = Deno.pid;
    page = created;
    hasPage = true;
  } else {
    getpid = openFunctions("getpid").getpid;
  }
}

/**
 * Whether a page is allowed. A grant for a path forbids views of foreign memory.
 * A Worker could not unmap its page when it ends, so it calls `getpid` each time.
 */
function canHavePage(): boolean {
  const isMainThread =
    Object.prototype.toString.call(globalThis) === "[object Window]";
  return isMainThread && system.MADV_WIPEONFORK !== 0 && hasBlanketGrant();
}

function openPage(): Words | undefined {
  return createPageWipedOnFork({
    ...openFunctions("mmap", "madvise"),
    // Needed only if there is no page.
    munmap: (...args) => openFunctions("munmap").munmap(...args),
  });
}

/**
 * Creates a page that reads as zeros in a forked child.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/madvise.2.html madvise(2)}
 * @returns The page; `undefined` if the kernel is too old for it, a sandbox
 * forbids it, or an emulator only pretends to support it.
 */
export function createPageWipedOnFork(
  { mmap, munmap, madvise }: Functions<"mmap" | "munmap" | "madvise">,
): Words | undefined {
  const { PROT_READ, PROT_WRITE, MAP_PRIVATE, MAP_ANONYMOUS } = system;
  const prot = PROT_READ | PROT_WRITE;
  const flags = MAP_PRIVATE | MAP_ANONYMOUS;
  const address = mmap(null, PAGE_LENGTH, prot, flags, -1, 0n);
  // If an invalid advice succeeds, none has an effect: QEMU's user mode returns 0
  // for each. MAP_FAILED, which is no page's address, fails here as well.
  if (
    madvise(address, PAGE_LENGTH, INVALID_ADVICE) !== 0 &&
    madvise(address, PAGE_LENGTH, system.MADV_WIPEONFORK) === 0
  ) {
    return new Uint32Array(
      Deno.UnsafePointerView.getArrayBuffer(address!, PAGE_SIZE),
    );
  }
  munmap(address, PAGE_LENGTH);
}
