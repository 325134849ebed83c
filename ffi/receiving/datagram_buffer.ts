import { libc } from "../libc.ts";
import type { Memory, MemoryView } from "../memory.ts";
import { receivingLibc } from "./functions.ts";
import { type System, system as thisSystem } from "../system.ts";

/** Who sent a datagram, by the kernel's word. */
export interface Credentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** Memory that datagrams are received into, one behind the other. */
export interface DatagramBuffer {
  /** All of it; the last datagram begins at its first byte. */
  readonly bytes: Uint8Array;
  /**
   * Receives the next datagram; what does not fit is lost. Allocates nothing.
   *
   * @returns The number of bytes written, or -1 with `errno` set.
   */
  receive(fd: number): number;
  /** The name of the system call that it makes. */
  readonly syscall: "recv" | "recvmsg";
  /** Who sent the last datagram, where the system tells. */
  readonly sender: Credentials | undefined;
}

/**
 * Makes memory for so many bytes, a multiple of four, by the way of a system,
 * which need not be the one that it runs on.
 */
export function createDatagramBuffer(
  length: number,
  system: System = thisSystem,
): DatagramBuffer {
  return system.SO_PASSCRED === 0
    ? new PlainBuffer(length)
    : new AttestedBuffer(length);
}

/** A buffer for a socket that does not tell who sends. */
class PlainBuffer implements DatagramBuffer {
  readonly bytes: Uint8Array;
  readonly syscall = "recv";
  readonly sender = undefined;
  readonly #memory: Memory;
  readonly #length: bigint;

  constructor(length: number) {
    const words = new Uint32Array(length / 4);
    this.bytes = new Uint8Array(words.buffer);
    this.#memory = libc().memoryOf(words, 0, words.length);
    this.#length = BigInt(length);
  }

  receive(fd: number): number {
    return receivingLibc().recv(fd, this.#memory, this.#length, 0);
  }
}

/**
 * The structures of <sys/socket.h> and <sys/uio.h> for 64 bits, in bytes: the
 * same in glibc, musl and Bionic, as the kernel has them. Where musl has 32 bits
 * and padding, the padding is the high half of the kernel's 64.
 */
export const MessageLayout = {
  msghdr: {
    msg_iov: 16,
    msg_iovlen: 24,
    msg_control: 32,
    msg_controllen: 40,
    size: 56,
  },
  iovec: { iov_base: 0, iov_len: 8, size: 16 },
  /** What `CMSG_SPACE(sizeof(struct ucred))` takes, and where in it things are. */
  control: { pid: 16, uid: 20, gid: 24, size: 32 },
} as const;

const { msghdr, iovec, control } = MessageLayout;
const IOVEC = msghdr.size;
const CONTROL = IOVEC + iovec.size;
const DATA = CONTROL + control.size;

/**
 * A buffer with a `struct msghdr` for it, which a socket with `SO_PASSCRED` set
 * tells its senders by.
 *
 * The control buffer has room for the credentials alone, which the kernel writes
 * first: a descriptor that a sender passes along (`SCM_RIGHTS`) is closed by the
 * kernel, never opened here.
 *
 * @see {@link https://man7.org/linux/man-pages/man7/unix.7.html unix(7)}
 */
class AttestedBuffer implements DatagramBuffer {
  readonly bytes: Uint8Array;
  readonly syscall = "recvmsg";
  readonly #all: MemoryView;
  readonly #header: Memory;

  constructor(length: number) {
    const all = new Uint32Array((DATA + length) / 4);
    this.#all = all;
    this.bytes = new Uint8Array(all.buffer, DATA);
    this.#header = libc().memoryOf(all, 0, all.length);
    const address = receivingLibc().addressNumberOf(all, all, 0n);
    const view = new DataView(all.buffer);
    const set = (offset: number, value: bigint) =>
      view.setBigUint64(offset, value, true);
    set(msghdr.msg_iov, address + BigInt(IOVEC));
    set(msghdr.msg_iovlen, 1n);
    set(msghdr.msg_control, address + BigInt(CONTROL));
    set(IOVEC + iovec.iov_base, address + BigInt(DATA));
    set(IOVEC + iovec.iov_len, BigInt(length));
  }

  receive(fd: number): number {
    // The kernel's answer is in it as well: how much it has written.
    this.#all[msghdr.msg_controllen / 4] = control.size;
    return receivingLibc().recvmsg(fd, this.#header, 0);
  }

  get sender(): Credentials | undefined {
    if (this.#all[msghdr.msg_controllen / 4] < control.size) return undefined;
    return {
      pid: this.#all[(CONTROL + control.pid) / 4],
      uid: this.#all[(CONTROL + control.uid) / 4],
      gid: this.#all[(CONTROL + control.gid) / 4],
    };
  }
}
