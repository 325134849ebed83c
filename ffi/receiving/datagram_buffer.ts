import type { Words } from "../message.ts";
import { type System, system as thisSystem } from "../system.ts";
import { receivingLibc } from "./receiving_libc.ts";

/** Who sent a datagram, as the kernel reports it. */
export interface Credentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** Memory that one datagram after another is received into. */
export interface DatagramBuffer {
  /** The memory; the last datagram begins at its first byte. */
  readonly bytes: Uint8Array;
  /** The name of the system call that receives. */
  readonly syscall: "recv" | "recvmsg";
  /** Who sent the last datagram, if the system reports it. */
  readonly sender: Credentials | undefined;
  /** Whether the last datagram carries descriptors, if the system reports it. */
  readonly hasDescriptors: boolean;
  /**
   * Receives the next datagram; what does not fit is lost. Allocates nothing.
   *
   * @param flags The flags of `recv(2)`.
   * @returns The number of bytes received, or -1 with `errno` set.
   */
  receive(fd: number, flags: number): number;
}

/**
 * Creates a buffer of `length` bytes, a multiple of four, as a system needs it.
 * The system need not be this one.
 */
export function createDatagramBuffer(
  length: number,
  system: System = thisSystem,
): DatagramBuffer {
  return system.SO_PASSCRED === 0
    ? new PlainBuffer(length)
    : new MessageBuffer(length);
}

/** A buffer for a system that does not report the sender. */
class PlainBuffer implements DatagramBuffer {
  readonly bytes: Uint8Array;
  readonly syscall = "recv";
  readonly sender = undefined;
  readonly hasDescriptors = false;
  readonly #words: Words;
  readonly #length: bigint;

  constructor(length: number) {
    this.#words = new Uint32Array(length / 4);
    this.#length = BigInt(length);
    this.bytes = new Uint8Array(this.#words.buffer);
  }

  receive(fd: number, flags: number): number {
    return receivingLibc().recv(fd, this.#words, this.#length, flags);
  }
}

/**
 * The structures of `<sys/socket.h>` and `<sys/uio.h>` on 64-bit Linux, in bytes:
 * the same in glibc, musl and Bionic, as the kernel has them. A field that musl
 * declares as 32 bits with padding has 64 bits in the kernel.
 */
export const MessageLayout = {
  msghdr: {
    msg_iov: 16,
    msg_iovlen: 24,
    msg_control: 32,
    msg_controllen: 40,
    msg_flags: 48,
    size: 56,
  },
  iovec: { iov_base: 0, iov_len: 8, size: 16 },
  /** `CMSG_SPACE(sizeof(struct ucred))`, and the fields of the `struct ucred`. */
  control: { pid: 16, uid: 20, gid: 24, size: 32 },
} as const;

/** <linux/socket.h> */
const MSG_CTRUNC = 0x8;

const { msghdr, iovec, control } = MessageLayout;
const IOVEC = msghdr.size;
const CONTROL = IOVEC + iovec.size;
const DATA = CONTROL + control.size;

/**
 * A buffer with a `struct msghdr`, which receives the credentials of the sender
 * on a socket that has `SO_PASSCRED` set.
 *
 * The control buffer has room for the credentials only, which the kernel writes
 * first. If the sender passes descriptors too (`SCM_RIGHTS`), the kernel sets
 * `MSG_CTRUNC` and closes them, so this process never opens them.
 *
 * The `struct msghdr` contains addresses in the memory that it is itself a part
 * of, so they are valid as long as they can be used.
 *
 * @see {@link https://man7.org/linux/man-pages/man7/unix.7.html unix(7)}
 */
class MessageBuffer implements DatagramBuffer {
  readonly bytes: Uint8Array;
  readonly syscall = "recvmsg";
  readonly #words: Words;

  constructor(length: number) {
    this.#words = new Uint32Array((DATA + length) / 4);
    this.bytes = new Uint8Array(this.#words.buffer, DATA);
    const address = receivingLibc().addressNumberOf(
      this.#words,
      this.#words,
      0n,
    );
    const view = new DataView(this.#words.buffer);
    const set = (offset: number, value: bigint) =>
      view.setBigUint64(offset, value, true);
    set(msghdr.msg_iov, address + BigInt(IOVEC));
    set(msghdr.msg_iovlen, 1n);
    set(msghdr.msg_control, address + BigInt(CONTROL));
    set(IOVEC + iovec.iov_base, address + BigInt(DATA));
    set(IOVEC + iovec.iov_len, BigInt(length));
  }

  receive(fd: number, flags: number): number {
    // The kernel overwrites it with the number of bytes that it has written.
    this.#words[msghdr.msg_controllen / 4] = control.size;
    return receivingLibc().recvmsg(fd, this.#words, flags);
  }

  get sender(): Credentials | undefined {
    if (this.#words[msghdr.msg_controllen / 4] < control.size) return undefined;
    return {
      pid: this.#words[(CONTROL + control.pid) / 4],
      uid: this.#words[(CONTROL + control.uid) / 4],
      gid: this.#words[(CONTROL + control.gid) / 4],
    };
  }

  get hasDescriptors(): boolean {
    return (this.#words[msghdr.msg_flags / 4] & MSG_CTRUNC) !== 0;
  }
}
