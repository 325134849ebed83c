/**
 * Prints what the kernel does in the cases that no header describes. Each line is a
 * fact; the lines on one system can be compared with those on another.
 *
 * @module
 */

import { libc, readErrno } from "../../ffi/libc.ts";
import { openFunctions } from "../../ffi/library.ts";
import { fileStatus } from "../../ffi/receiving/file_status.ts";
import {
  inetAddress,
  type SocketAddress,
  unixAddress,
} from "../../ffi/socket_address.ts";
import { errnoName, system } from "../../ffi/system.ts";

const { AF_INET, AF_UNIX, MSG_NOSIGNAL, SOCK_DGRAM } = system;
const { F_SETFD, F_SETFL, FD_CLOEXEC, O_NONBLOCK, SOL_SOCKET } = system;
// <fcntl.h> and <sys/socket.h>, the same on every system.
const F_GETFD = 1;
const F_GETFL = 3;
const SHUT_RD = 0;

const { socket, connect, close, send, fcntl, suppressSigpipe } = libc();
const { bind, fchmod, recv, setsockopt, shutdown } = openFunctions(
  ...["bind", "fchmod", "recv", "setsockopt", "shutdown"] as const,
);

const folder = Deno.makeTempDirSync();
const path = (name: string) => `${folder}/${name}`;
const datagram = new Uint8Array(32);

/** The name of the error, or what the call returned. */
function outcome(result: number): string {
  const errno = readErrno();
  return result === -1 ? errnoName(errno) : String(result);
}

function openSocket(family = AF_UNIX): number {
  const fd = socket(family, SOCK_DGRAM, 0);
  if (fd === -1) throw new Error(`socket: ${outcome(fd)}`);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

function openReceiver(name: string): number {
  const fd = openSocket();
  const address = unixAddress(path(name));
  const result = bind(fd, address, address.length);
  if (result === -1) throw new Error(`bind: ${outcome(result)}`);
  return fd;
}

function openSender(name: string): number {
  const fd = openSocket();
  const result = connectTo(fd, unixAddress(path(name)));
  if (result !== "0") throw new Error(`connect: ${result}`);
  suppressSigpipe(fd);
  return fd;
}

function connectTo(fd: number, address: SocketAddress): string {
  return outcome(connect(fd, address, address.length));
}

function sendOn(fd: number, flags = MSG_NOSIGNAL): string {
  return outcome(send(fd, datagram, 32n, flags));
}

function repeat(count: number, action: () => string): string {
  return Array.from({ length: count }, action).join(", ");
}

const facts: Record<string, () => string> = {
  "connect to a missing file, a directory, a plain file": () => {
    Deno.writeTextFileSync(path("plain"), "");
    const names = ["missing", "", "plain"];
    return names.map((name) => connectTo(openSocket(), unixAddress(path(name))))
      .join(", ");
  },
  "connect to the file of a closed socket": () => {
    close(openReceiver("closed"));
    return connectTo(openSocket(), unixAddress(path("closed")));
  },
  "connect to the longest path": () => {
    const length = system.SUN_PATH_LENGTH - 1 - path("").length;
    const name = "a".repeat(length);
    const receiver = openReceiver(name);
    return `${connectTo(openSocket(), unixAddress(path(name)))}, ${
      close(receiver)
    }`;
  },
  "bind to an existing file": () => {
    const address = unixAddress(path("plain"));
    return outcome(bind(openSocket(), address, address.length));
  },
  "send three times after the receiver is closed": () => {
    const receiver = openReceiver("gone");
    const sender = openSender("gone");
    close(receiver);
    return repeat(3, () => sendOn(sender));
  },
  "send twice after the receiver is closed and another is bound": () => {
    const receiver = openReceiver("again");
    const sender = openSender("again");
    close(receiver);
    Deno.removeSync(path("again"));
    openReceiver("again");
    return repeat(2, () => sendOn(sender));
  },
  "send after the receiver's file is removed": () => {
    openReceiver("removed");
    const sender = openSender("removed");
    Deno.removeSync(path("removed"));
    return sendOn(sender);
  },
  "send twice after the receiver calls shutdown(SHUT_RD)": () => {
    const receiver = openReceiver("shut");
    const sender = openSender("shut");
    return `${outcome(shutdown(receiver, SHUT_RD))}: ${
      repeat(2, () => sendOn(sender))
    }`;
  },
  "send until the queue is full": () => {
    openReceiver("full");
    const sender = openSender("full");
    let result = sendOn(sender);
    let count = 0;
    for (; result === "32" && count < 10_000; count++) result = sendOn(sender);
    return `${count} datagrams, then ${result}`;
  },
  "send with MSG_NOSIGNAL of macOS, 0x80000": () => {
    openReceiver("flag");
    return sendOn(openSender("flag"), 0x80000);
  },
  "send twice to a closed UDP port": () => {
    // A free port of TCP, which is most likely a free port of UDP too.
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    const sender = openSocket(AF_INET);
    connectTo(sender, inetAddress("127.0.0.1", port));
    return repeat(2, () => sendOn(sender));
  },
  "recv from an empty queue": () =>
    outcome(recv(openReceiver("empty"), datagram, 32n, 0)),
  "recv of 32 bytes into 8": () => {
    const receiver = openReceiver("long");
    sendOn(openSender("long"));
    return outcome(recv(receiver, datagram, 8n, 0));
  },
  "mode of the file after fchmod(0600) on the unbound socket": () => {
    const fd = openSocket();
    const result = outcome(fchmod(fd, 0o600));
    const address = unixAddress(path("mode"));
    bind(fd, address, address.length);
    return `${result}: ${
      (Deno.lstatSync(path("mode")).mode! & 0o777).toString(8)
    }`;
  },
  "flags of a descriptor after fcntl": () => {
    const fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    const flags = () => `${fcntl(fd, F_GETFD, 0)} ${fcntl(fd, F_GETFL, 0)}`;
    const before = flags();
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return `${before}, then ${flags()}`;
  },
  "setsockopt of SO_PASSCRED, SO_PASSRIGHTS, SO_NOSIGPIPE": () => {
    const { SO_PASSCRED, SO_PASSRIGHTS, SO_NOSIGPIPE } = system;
    const on = new Int32Array([1]);
    return [SO_PASSCRED, SO_PASSRIGHTS, SO_NOSIGPIPE].map((option) =>
      option === 0
        ? "none"
        : outcome(setsockopt(openSocket(), SOL_SOCKET, option, on, 4))
    ).join(", ");
  },
  "lstat, as Deno reads it": () => {
    openReceiver("status");
    const { dev, ino, mode } = Deno.lstatSync(path("status"));
    const expected = `socket ${(mode! & 0o777)} ${dev}:${ino}`;
    const status = fileStatus(path("status"));
    if ("errno" in status) return errnoName(status.errno);
    const { type, permissions, identity } = status;
    const result = `${type} ${permissions} ${identity}`;
    return result === expected ? "the same" : `${result}, not ${expected}`;
  },
  "the monotonic clock, in nanoseconds": () => {
    const time = new BigInt64Array(2);
    return repeat(3, () => {
      const result = libc().clock_gettime(
        system.MONOTONIC_CLOCK,
        new Uint32Array(time.buffer),
      );
      return result === 0 ? String(time[0] * 10n ** 9n + time[1]) : "failed";
    });
  },
};

const { build, version } = Deno;
console.log(
  `${build.os} ${Deno.osRelease()} ${build.arch}, Deno ${version.deno}`,
);
for (const [name, fact] of Object.entries(facts)) {
  let result: string;
  try {
    result = fact();
  } catch (error) {
    result = Deno.inspect(error).split("\n")[0];
  }
  console.log(`${name}: ${result}`);
}
Deno.removeSync(folder, { recursive: true });
