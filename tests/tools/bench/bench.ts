/**
 * What a beat costs beside the same work in C, paired in one run, and the
 * bounds that it must keep: `deno task bench [--rounds N]`.
 *
 * @module
 */

import { TestFolder } from "../../support/observer.ts";
import { numberOption } from "../../support/option.ts";
import { hasProgram } from "../../support/process.ts";
import {
  Bench,
  measureLived,
  measureMany,
  measureSent,
  measureUnsent,
} from "./beats.ts";
import { type Figure, printFigures, printTimes, ratio } from "./figure.ts";
import { measureAgentMemory, measureGarbage } from "./memory.ts";
import { compileNative, loadNative } from "./native.ts";
import { denoDatagram, measureNode, measureSystemdNotify } from "./peers.ts";
import { measureStartup } from "./startup.ts";
import { traceBeats } from "../../support/system_calls.ts";
import { measureBesideUdp, measureRust, measureUdp } from "./udp.ts";
import { measureInWorker } from "./worker.ts";

/** As many agents, here and in C together, as the process may have open. */
const AGENTS = Math.min(10_000, Math.floor((descriptorLimit() - 200) / 2));
const TRACED = 1_000;

const rounds = numberOption("rounds") ?? 20_000;

if (!hasProgram("cc")) {
  console.log("There is no C compiler (cc), and so nothing to measure beside.");
  Deno.exit(0);
}

using folder = new TestFolder();
const library = compileNative(folder.path);
const native = loadNative(library);
const bench = new Bench(native, folder.file("observer"));

const sent = await measureSent(bench, rounds, [
  denoDatagram(bench, folder.path),
]);
const node = await measureNode(folder.path, rounds);
if (typeof node !== "string") sent.set("node-unix-socket on Node, alone", node);
const notify = await measureSystemdNotify(folder.path);
if (typeof notify !== "string") {
  sent.set("systemd-notify, a process each, alone", notify);
}
printTimes("a sent beat", sent);
if (typeof node === "string") console.log(`  node-unix-socket: ${node}`);
if (typeof notify === "string") console.log(`  systemd-notify: ${notify}`);

const lived = await measureLived(bench, rounds);
printTimes("in a process that has lived", lived);
const inWorker = await measureInWorker({
  library,
  path: folder.file("worker"),
  rounds,
});
printTimes("in a Worker", inWorker);
const unsent = await measureUnsent(native, folder.path, rounds);
printTimes("a beat that is not sent", unsent);
const many = await measureMany(native, bench, AGENTS, rounds);
printTimes(`${AGENTS} agents in turn`, many);

const udp = await measureUdp(native, rounds);
const rust = await measureRust(folder.path, rounds);
if (typeof rust !== "string") udp.set("varta-client of Rust, sealed", rust);
printTimes("a beat over UDP", udp);
if (typeof rust === "string") console.log(`  varta-client of Rust: ${rust}`);
const besideUdp = await measureBesideUdp(bench, rounds);
printTimes("over a Unix socket, as before", besideUdp);

const figures: Figure[] = [{
  name: "a sent beat against C, p50",
  value: ratio(sent, "version 1", "C"),
  bound: 1.05,
}, {
  name: "a sent beat against C, p99",
  value: ratio(sent, "version 1", "C", "p99"),
  bound: 1.3,
}, {
  name: "version 2 against version 1",
  value: ratio(sent, "version 2", "version 1"),
  bound: 1.03,
}];
for (const name of ["version 1, bigint payload", "version 1, no payload"]) {
  const value = ratio(sent, name, "version 1");
  figures.push({ name: `${name}, against a number`, value, bound: 1.03 });
}
figures.push({
  name: "a beat over UDP against C",
  value: ratio(udp, "UDP", "C, UDP"),
  bound: 1.1,
}, {
  name: "a sealed beat",
  value: udp.get("sealed")!.p50 / 1000,
  bound: 20,
  unit: " µs",
});
for (const times of [lived, inWorker, besideUdp]) {
  const [base, ...names] = times.keys();
  for (const name of names) {
    const bound = name.endsWith("version 2") ? 1.08 : 1.05;
    figures.push({
      name: `${name}, against C`,
      value: ratio(times, name, base),
      bound,
    });
  }
}
for (const name of ["queue full", "observer gone", "failed"]) {
  figures.push({
    name: `${name}, against the bare call in C`,
    value: ratio(unsent, name, `C, ${name}`),
    bound: 1.25,
  });
}
const paidByC = many.get("C, many agents")!.p50 - many.get("C, 1 agent")!.p50;
figures.push({
  name: `${AGENTS} agents against 1, less what C pays for the same`,
  value: (many.get("this module, many agents")!.p50 - paidByC) /
    many.get("this module, 1 agent")!.p50,
  bound: 1.1,
});

const calls = await traceBeats(folder.file("traced"), TRACED);
if (calls) {
  // Now and then V8 wakes its own threads, whatever its program does.
  const value = calls.filter((call) => !call.startsWith("futex(")).length;
  const name = "system calls in a sent beat";
  figures.push({ name, value: value / TRACED, bound: 1 });
}
figures.push(...await measureGarbage(folder.path));
figures.push(...await measureAgentMemory(folder.path));
figures.push(...await measureStartup(folder.path));
bench.close();

console.log();
const kept = printFigures(figures);
Deno.exit(kept ? 0 : 1);

function descriptorLimit(): number {
  const limits = Deno.readTextFileSync("/proc/self/limits");
  return Number(/Max open files +(\d+)/.exec(limits)![1]);
}
