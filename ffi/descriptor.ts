import { libc } from "./libc.ts";

/** A place for the number of a descriptor; -1 if there is none. */
interface Handle {
  fd: number;
  /** Closes the descriptor in another way than `close`, and sets `fd` to -1. */
  release?: (fd: number) => void;
}

const registry = new FinalizationRegistry<Handle>(closeHandle);

/**
 * The one owner of a descriptor. It closes the descriptor when
 * {@linkcode Descriptor.close} is called, or else when it is garbage-collected.
 *
 * It is created first and receives its descriptor by an assignment to
 * `handle.fd`. No code that could throw runs between the system call and that
 * assignment, not even at the end of the stack, so no descriptor is ever without
 * an owner.
 */
export class Descriptor {
  /** Holds the number of the descriptor. */
  readonly handle: Handle = { fd: -1 };

  constructor() {
    registry.register(this, this.handle);
  }

  /** The number of the descriptor; -1 if it is closed. */
  get fd(): number {
    return this.handle.fd;
  }

  /** Closes the descriptor. Closing it again does nothing. */
  close(): void {
    closeHandle(this.handle);
  }
}

function closeHandle(handle: Handle): void {
  const { fd } = handle;
  if (fd === -1) return;
  if (handle.release !== undefined) return handle.release(fd);
  // What could throw, at the end of the stack, comes before the handle changes.
  const { close } = libc();
  // Before the call, because after it the system may use the number again.
  handle.fd = -1;
  close(fd);
}
