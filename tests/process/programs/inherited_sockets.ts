// Prints which sockets of its agents a child process inherits. The argument is
// the observer's path.

import { libc } from "../../../ffi/libc.ts";
import { system } from "../../../ffi/system.ts";
import { Varta } from "../../../mod.ts";
import { outputOf } from "./datagram_sockets.ts";
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

/** Lists the sockets of a process, each with its descriptor. */
function socketsOf(process: number | "self"): Map<string, number> {
  const list = outputOf("ls", "-ln", `/proc/${process}/fd`);
  const matches = list.matchAll(/ (\d+) -> (socket:\[\d+\])/g);
  return new Map(Array.from(matches, ([, fd, socket]) => [socket, Number(fd)]));
}

/** Lists the sockets that a child process inherits. */
function inheritedSockets(): string[] {
  return [...socketsOf("self").keys()]; // "self" is ls itself
}

const [path] = Deno.args;
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

const others = socketsOf(Deno.pid);
const agents = Array.from({ length: AGENTS }, () => Varta.connect(path));
for (const agent of agents.slice(AGENTS / 2)) agent.reconnect();
const own = socketsOf(Deno.pid);
for (const socket of others.keys()) own.delete(socket);

const countInherited = () =>
  inheritedSockets().filter((socket) => own.has(socket)).length;
const inherited = countInherited();
for (const fd of own.values()) libc().fcntl(fd, system.F_SETFD, 0);
const result: Inheritance = {
  agents: own.size,
  inherited,
  inheritedWithoutFlag: countInherited(),
  reconnects,
  inheritedOfThread,
};
console.log(JSON.stringify(result));
Deno.exit();
