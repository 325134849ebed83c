/**
 * Beats as fast as they can be sent, next to the same work in C.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createCipheriv } from "node:crypto";
import { libc } from "../../../ffi/libc.ts";
import { Status, Varta } from "../../../mod.ts";
import { openDescriptors } from "../../support/process.ts";
import { type Candidate, measureLoop, ratio } from "./loop_times.ts";
import { cString, loadNative } from "./native.ts";
import { Receiver, UNITS } from "./receiver.ts";
import { type Figure, readRequest, type Result } from "./request.ts";

const key = new Uint8Array(32).fill(7);
const { folder, library, rounds } = readRequest();
const native = loadNative(library);
const receiver = new Receiver(native, `${folder}/loop`);
const { address: path } = receiver;

const measure = (id: string, title: string, candidates: Candidate[]) =>
  measureLoop(id, title, candidates, rounds, UNITS);

const loop = await measure("loop", "a beat in a loop", [
  receiver.inC(),
  receiver.flat(),
  receiver.agent("version 1", Varta.connect(path)),
  receiver.agent("version 2", Varta.connect(path, { version: 2 })),
  receiver.bigintPayload("version 1, bigint payload"),
  receiver.noPayload("version 1, no payload"),
  receiver.agent(
    'version 1, nonce: "clock"',
    Varta.connect(path, { nonce: "clock" }),
  ),
  receiver.ping(),
]);

const unsent = await measure("unsent", "a beat that is not sent", [
  ...unsentBeats("full queue", ({ address }) => {
    const filler = Varta.connect(address);
    while (filler.beat(Status.Ok).kind === "sent");
  }),
  ...unsentBeats("observer gone", (receiver) => receiver.close()),
  // A file takes the place of the socket: each send fails with ENOTSOCK.
  ...unsentBeats("failed", (_, descriptors) => {
    for (const fd of descriptors) libc().close(fd);
    for (const _ of descriptors) Deno.openSync("/dev/null");
  }),
]);

const overUdp = new Receiver(native);
const { address } = overUdp;
const udp = await measure("udp", "a beat over UDP", [
  overUdp.inC(),
  overUdp.agent("UDP", Varta.connectUdp(address)),
  overUdp.agent("sealed", Varta.connectSecureUdp(address, { key })),
  overUdp.agent(
    "sealed, master key",
    Varta.connectSecureUdp(address, { masterKey: key }),
  ),
  { name: "what node:crypto does for that", work: seal },
]);

for (let i = 0; i < 500; i++) {
  using agent = Varta.connect(path, { version: i % 2 === 0 ? 1 : 2 });
  agent.reconnect();
}
const reconnected = Varta.connect(path);
reconnected.reconnect();
const later = await measure(
  "loop-later",
  "in a process that has run all candidates",
  [
    receiver.inC(),
    receiver.agent("version 1", Varta.connect(path)),
    receiver.agent("version 1, reconnected", reconnected),
    receiver.agent("version 2", Varta.connect(path, { version: 2 })),
  ],
);

const figures: Figure[] = [
  figure(loop, "version 1", "C", 1),
  {
    name: "the same, p99",
    value: loop.rows["version 1"].p99 / loop.rows["C"].p99,
    bound: 1.3,
  },
  figure(loop, "version 2", "version 1", 1.04),
  figure(loop, "version 1, bigint payload", "version 1", 1.03),
  figure(loop, "version 1, no payload", "version 1", 1.03),
  figure(loop, 'version 1, nonce: "clock"', "version 1", 1.03),
  figure(loop, "ping", "version 1", 1.03),
  figure(udp, "UDP", "C", 1.1),
  {
    name: "a sealed beat",
    value: udp.rows["sealed"].p50 / 1e3,
    bound: 20,
    unit: " µs",
  },
  figure(later, "version 1", "C", 1.05),
  figure(later, "version 1, reconnected", "C", 1.05),
  figure(later, "version 2", "C", 1.08),
  figure(unsent, "full queue", "C, full queue", 1.25),
  figure(unsent, "observer gone", "C, observer gone", 1.25),
  figure(unsent, "failed", "C, failed", 1.25),
];
const result: Result = { tables: [loop, later, unsent, udp], figures };
console.log(JSON.stringify(result));
Deno.exit();

function figure(
  table: typeof loop,
  name: string,
  base: string,
  bound: number,
): Figure {
  const value = ratio(table, name, base);
  return { name: `${table.title}: ${name} against ${base}`, value, bound };
}

/** Beats that fail in the same way, and the system calls alone in C. */
function unsentBeats(
  name: string,
  spoil: (receiver: Receiver, descriptors: number[]) => void,
): Candidate[] {
  const path = `${folder}/${name.replace(" ", "-")}`;
  const receiver = new Receiver(native, path);
  const inC = native.agent_connect(cString(path));
  const before = openDescriptors();
  const agent = Varta.connect(path);
  const [own] = openDescriptors().filter((fd) => !before.includes(fd));
  spoil(receiver, [native.agent_descriptor(inC), own]);
  const work = () => void native.bare_sends(inC, UNITS);
  return [
    { name: `C, ${name}`, work },
    { ...receiver.agent(name, agent), reset: undefined },
  ];
}

function seal(): void {
  for (let i = 0; i < UNITS; i++) {
    const cipher = createCipheriv("chacha20-poly1305", key, Buffer.alloc(12), {
      authTagLength: 16,
    });
    cipher.update(key);
    cipher.final();
    cipher.getAuthTag();
  }
}
