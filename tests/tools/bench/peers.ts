/**
 * Measures other ways to send a message to a Unix socket. Those that Deno has are
 * measured in turn in this process, the others in processes of their own.
 *
 * @module
 */

import { Varta } from "../../../mod.ts";
import { hasProgram } from "../../support/process.ts";
import { measureLoop } from "./loop_times.ts";
import { loadNative } from "./native.ts";
import { Pace, timed, timedAsync } from "./pace_times.ts";
import { Receiver, UNITS } from "./receiver.ts";
import {
  type Quantiles,
  readRequest,
  type Result,
  type Table,
} from "./request.ts";

const LISTEN_DATAGRAM = "Deno.listenDatagram()";
const RUST = "varta-client of Rust";

const { library, folder, rounds, beats, interval } = readRequest();
const native = loadNative(library);
const receiver = new Receiver(native, `${folder}/peers`);
const pace = await measurePace();
const loop = await measureSends();
const sealed = await measureSealed();

const here = (name: string) => new URL(name, import.meta.url).pathname;
const npm = ["install", "--no-audit", "--no-fund", "node-unix-socket@0.2.7"];
if (await run("npm", npm) !== undefined) {
  const args = [here("node_unix_socket.cjs"), `${folder}/node`];
  await addRows("node-unix-socket", "node", args);
}
const cargo = [
  "build",
  "--release",
  "--manifest-path",
  here("rust/Cargo.toml"),
];
if (await run("cargo", cargo) !== undefined) {
  const program = `${folder}/rust/release/varta-bench`;
  await addRows(RUST, program, [`${folder}/rust.sock`]);
  sealed.rows[RUST] = await timesOf(program, ["sealed"], rounds, UNITS, 0);
}
const result: Result = { tables: [pace, loop, sealed], figures: [] };
console.log(JSON.stringify(result));
Deno.exit();

/** A message at a time, with a pause before it. */
async function measurePace(): Promise<Table> {
  const pace = new Pace(() => receiver.drain());
  const agent = Varta.connect(receiver.address, { version: 2 });
  const watchdog = receiver.watchdog();
  pace.add("C", () => receiver.timedBeat() / 1e3);
  pace.add("version 2", timed((i) => agent.beat(0, i)));
  pace.add("ping", timed((i) => watchdog.beat(0, i)));
  pace.add(LISTEN_DATAGRAM, timedAsync(receiver.sendByDeno()));
  if (hasProgram("systemd-notify")) {
    const command = new Deno.Command("systemd-notify", {
      args: ["--no-block", "WATCHDOG=1"],
      env: { NOTIFY_SOCKET: receiver.address },
    });
    pace.add("systemd-notify", timedAsync(() => command.output()));
  }
  return {
    id: "peers",
    title: `other ways, a message every ${interval} ms`,
    unit: "µs",
    rows: await pace.measure(beats, interval),
  };
}

/** As many messages as can be sent. */
function measureSends(): Promise<Table> {
  const agent = Varta.connect(receiver.address, { version: 2 });
  const send = receiver.sendByDeno();
  const work = async () => {
    for (let i = 0; i < UNITS; i++) await send();
  };
  const candidates = [
    receiver.inC(),
    receiver.agent("version 2", agent),
    receiver.ping(),
    { name: LISTEN_DATAGRAM, work, reset: receiver.reset },
  ];
  const title = "other ways in a loop";
  return measureLoop("peers-loop", title, candidates, rounds, UNITS);
}

function measureSealed(): Promise<Table> {
  const overUdp = new Receiver(native);
  const key = new Uint8Array(32).fill(7);
  const agent = Varta.connectSecureUdp(overUdp.address, { key });
  const candidates = [overUdp.agent("version 2", agent)];
  const title = "a sealed beat over UDP";
  return measureLoop("sealed", title, candidates, rounds, UNITS);
}

/** Adds the times of a program to both tables. */
async function addRows(
  name: string,
  program: string,
  args: string[],
): Promise<void> {
  const times = await timesOf(program, args, beats, 1, interval);
  const { p10, p50, p90, p99 } = times;
  pace.rows[name] = {
    p10: p10 / 1e3,
    p50: p50 / 1e3,
    p90: p90 / 1e3,
    p99: p99 / 1e3,
  };
  loop.rows[name] = await timesOf(program, args, rounds, UNITS, 0);
}

/** Runs a program that prints its times in nanoseconds. */
async function timesOf(
  program: string,
  args: string[],
  ...numbers: [rounds: number, units: number, interval: number]
): Promise<Quantiles> {
  const output = await run(program, [...args, ...numbers.map(String)]);
  if (output === undefined) throw new Error(`${program} fails`);
  return JSON.parse(output);
}

/** Returns what a program prints; `undefined` if it fails or is not there. */
async function run(
  program: string,
  args: string[],
): Promise<string | undefined> {
  const command = new Deno.Command(program, {
    args,
    cwd: folder,
    env: {
      NODE_PATH: `${folder}/node_modules`,
      CARGO_TARGET_DIR: `${folder}/rust`,
    },
  });
  try {
    const { success, stdout } = await command.output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
