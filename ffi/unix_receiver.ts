import { Descriptor } from "./descriptor.ts";
import { checkResult, type SystemFailure } from "./failure.ts";
import { libc } from "./libc.ts";
import { openFunctions } from "./library.ts";
import type { SocketAddress } from "./socket_address.ts";
import { system } from "./system.ts";

const { AF_UNIX, SOCK_DGRAM, SOCK_CLOEXEC } = system;

// <poll.h>, the same on every system.
const POLLOUT = 0x4;

// Only Linux has these. <linux/netlink.h>, <linux/sock_diag.h>, <linux/unix_diag.h>,
// <sys/socket.h>
const AF_NETLINK = 16;
const NETLINK_SOCK_DIAG = 4;
const SOCK_DIAG_BY_FAMILY = 20;
const NLM_F_REQUEST = 1;
const UDIAG_SHOW_PEER = 4;
const UNIX_DIAG_PEER = 2;
const MSG_DONTWAIT = 0x40;

/** The integers of 32 bits in a `struct nlmsghdr` and a `struct unix_diag_msg`. */
const PEER_ATTRIBUTE = 8;

/** What the kernel tells about the socket that receives at an address. */
export interface UnixReceiver {
  /** Whether its queue had room for a datagram before the timeout. */
  readonly hasRoom: boolean;
  /**
   * Its inode; `undefined` if the kernel, or a missing permission for `/proc`, does
   * not tell it. It is the number in the links `socket:[…]` in `/proc/PID/fd`, in
   * every namespace.
   */
  readonly inode: number | undefined;
}

/**
 * Connects to a Unix datagram socket, asks the kernel about it, and closes the
 * connection. Sends nothing.
 *
 * The inode is that of the peer of this connection. The rows of `/proc/net/unix`
 * would not tell it: they are those of one network namespace, and any user can
 * forge a row with the name of a socket.
 *
 * @see {@link https://man7.org/linux/man-pages/man7/sock_diag.7.html sock_diag(7)},
 * {@link https://man7.org/linux/man-pages/man2/poll.2.html poll(2)}
 * @param timeout How long to wait for room in the queue, in milliseconds. This
 * thread is blocked.
 */
export function inspectReceiver(
  address: SocketAddress,
  timeout: number,
): UnixReceiver | SystemFailure {
  const { socket, connect } = libc();
  const { pollOnThisThread } = openFunctions("pollOnThisThread");
  const connection = new Descriptor();
  try {
    const { handle } = connection;
    handle.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const failure = checkResult("socket", handle.fd) ??
      checkResult("connect", connect(handle.fd, address, address.length));
    if (failure !== undefined) return failure;
    // struct pollfd: an int, and two shorts. EINTR is like a failure: it has room.
    const pollfd = new Uint32Array([handle.fd, POLLOUT]);
    return {
      hasRoom: pollOnThisThread(pollfd, 1n, timeout) !== 0,
      inode: findPeer(handle.fd),
    };
  } finally {
    connection.close();
  }
}

/** Returns the inode of the socket that a Unix socket is connected to. */
function findPeer(fd: number): number | undefined {
  const { socket, send } = libc();
  const { recv } = openFunctions("recv");
  const diagnosis = new Descriptor();
  try {
    const inode = Deno.statSync(`/proc/self/fd/${fd}`).ino!;
    const { handle } = diagnosis;
    handle.fd = socket(
      AF_NETLINK,
      SOCK_DGRAM | SOCK_CLOEXEC,
      NETLINK_SOCK_DIAG,
    );
    const message = Uint32Array.of(
      // struct nlmsghdr
      ...[40, SOCK_DIAG_BY_FAMILY | NLM_F_REQUEST << 16, 0, 0],
      // struct unix_diag_req: the family, all states, and no cookie
      ...[AF_UNIX, -1, inode, UDIAG_SHOW_PEER, -1, -1],
    );
    send(handle.fd, message, BigInt(message.byteLength), 0);
    const answer = new Uint32Array(64);
    recv(handle.fd, answer, BigInt(answer.byteLength), MSG_DONTWAIT);
    const hasPeer = (answer[1] & 0xffff) === SOCK_DIAG_BY_FAMILY &&
      // struct nlattr: its length with the value, and its type
      answer[PEER_ATTRIBUTE] === (8 | UNIX_DIAG_PEER << 16);
    return hasPeer ? answer[PEER_ATTRIBUTE + 1] : undefined;
  } catch {
    // There is no /proc, or Deno may not read it.
    return undefined;
  } finally {
    diagnosis.close();
  }
}
