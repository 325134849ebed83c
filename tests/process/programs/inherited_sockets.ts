// Prints which sockets of its agents a child process inherits. The argument is
// the observer's path.

import { libc } from "../../../ffi/libc.ts";
import { system } from "../../../ffi/system.ts";
import { Varta } from "../../../mod.ts";
import { openDescriptors } from "../../support/process.ts";
import { outputOf } from "../../support/datagram_sockets.ts";
import { ReconnectingWorker } from "./reconnecting_worker.ts";

/** What this program prints. */
export interface Inheritance {
  agents: number;
  /** How many of their sockets a child inherits, and how many without FD_CLOEXEC. */
  inherited: number;
  inheritedWithoutFlag: number;
  /** How often another thread reconnected while children were started. */
  reconnects: number;
  /** The sockets that these children inherited of that thread. */
  inheritedOfThread: string[];
}

const AGENTS = 10;
const CHILDREN = 100;

/** Lists the sockets that a child process inherits. */
function inheritedSockets(): string[] {
  // "self" is ls itself.
  const list = outputOf("ls", "-ln", "/proc/self/fd");
  return Array.from(list.matchAll(/ -> (socket:\[\d+\])/g), ([, name]) => name);
}

/**
 * Lists the sockets of this process. Unlike `ls`, it starts no child process, for
 * which Deno itself may open sockets.
 */
function ownSockets(): Map<string, number> {
  const sockets = new Map<string, number>();
  for (const fd of openDescriptors()) {
    sockets.set(Deno.readLinkSync(`/proc/self/fd/${fd}`), fd);
  }
  return sockets;
}

const [path] = Deno.args;

// Before there is a Worker: when its event loop ends, Deno closes sockets.
const others = ownSockets();
const agents = Array.from({ length: AGENTS }, () => Varta.connect(path));
for (const agent of agents.slice(AGENTS / 2)) agent.reconnect();
const own = ownSockets();
for (const socket of others.keys()) own.delete(socket);

const countInherited = () =>
  inheritedSockets().filter((socket) => own.has(socket)).length;
const inherited = countInherited();
for (const fd of own.values()) libc().fcntl(fd, system.F_SETFD, 0);
const inheritedWithoutFlag = countInherited();
for (const agent of agents) agent.close();

const before = inheritedSockets();
const worker = new ReconnectingWorker();
await worker.start(path);
const inheritedOfThread: string[] = [];
for (let i = 0; i < CHILDREN; i++) {
  const sockets = inheritedSockets();
  inheritedOfThread.push(...sockets.filter((name) => !before.includes(name)));
}
const { reconnects } = worker;
await worker.stop();

const result: Inheritance = {
  agents: own.size,
  inherited,
  inheritedWithoutFlag,
  reconnects,
  inheritedOfThread,
};
console.log(JSON.stringify(result));
Deno.exit();
