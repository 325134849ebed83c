/**
 * Measures other ways to send a datagram to a Unix socket, `systemd-notify`, and the
 * Rust client.
 *
 * @module
 */

import { Varta } from "../../../mod.ts";
import { Observer } from "../../../src/observer/mod.ts";
import { hasProgram } from "../../support/process.ts";
import { measureLoop } from "./loop_times.ts";
import { loadNative } from "./native.ts";
import { Receiver, UNITS } from "./receiver.ts";
import { type Quantiles, readRequest, type Result } from "./request.ts";

const NOTIFICATIONS = 200;

const { library, folder, rounds, beats, interval } = readRequest();
const loop = await measureSends();
const pace = await sendByNode(beats, 1, interval);
if (pace !== undefined) {
  loop.rows["node-unix-socket, send only"] =
    (await sendByNode(rounds, UNITS, 0))!;
}
if (hasProgram("systemd-notify")) {
  loop.rows["systemd-notify, a process each"] = await notifyBySystemd();
}
const sealed = await sealByRust();
if (sealed !== undefined) loop.rows["varta-client of Rust, sealed"] = sealed;
const result: Result = { tables: [loop], figures: [] };
if (pace !== undefined) {
  result.tables!.push({
    title: `a send every ${interval} ms in a process of its own`,
    unit: "ns",
    rows: { "node-unix-socket": pace },
  });
}
console.log(JSON.stringify(result));
Deno.exit();

function measureSends() {
  const receiver = new Receiver(loadNative(library), `${folder}/peers`);
  const { address: path, reset } = receiver;
  const transport = "unixpacket";
  const socket = Deno.listenDatagram(
    // The types of Deno do not know yet that the path can be left out.
    { transport } as Deno.UnixListenOptions & { transport: "unixpacket" },
  );
  const frame = new Uint8Array(32);
  const work = async () => {
    for (let i = 0; i < UNITS; i++) {
      await socket.send(frame, { transport, path });
    }
  };
  const title = "other ways in a loop";
  return measureLoop(
    title,
    [
      receiver.agent("version 1", Varta.connect(path)),
      { name: "Deno.listenDatagram(), send() only", work, reset },
    ],
    rounds,
    UNITS,
  );
}

/** Sends by the npm package `node-unix-socket`, if there is Node to run it. */
async function sendByNode(
  rounds: number,
  units: number,
  interval: number,
): Promise<Quantiles | undefined> {
  if (!hasProgram("node") || !hasProgram("npm")) return undefined;
  const install = new Deno.Command("npm", {
    args: ["install", "--no-audit", "--no-fund", "node-unix-socket@0.2.7"],
    cwd: folder,
  });
  if (!(await install.output()).success) return undefined;
  const program = new URL("node_unix_socket.cjs", import.meta.url).pathname;
  const path = `${folder}/node-${units}`;
  const { success, stdout } = await new Deno.Command("node", {
    args: [program, path, `${rounds}`, `${units}`, `${interval}`],
    env: { NODE_PATH: `${folder}/node_modules` },
  }).output();
  return success ? JSON.parse(new TextDecoder().decode(stdout)) : undefined;
}

/** Sends sealed beats by the crate `varta-client`, if there is `cargo` to build it. */
async function sealByRust(): Promise<Quantiles | undefined> {
  if (!hasProgram("cargo")) return undefined;
  const { success, stdout } = await new Deno.Command("cargo", {
    args: ["run", "--quiet", "--release", "--", `${rounds}`, `${UNITS}`],
    cwd: new URL("rust", import.meta.url),
    env: { CARGO_TARGET_DIR: `${folder}/rust` },
  }).output();
  return success ? JSON.parse(new TextDecoder().decode(stdout)) : undefined;
}

/** Notifies the watchdog of systemd, by a process for each time. */
async function notifyBySystemd(): Promise<Quantiles> {
  const path = `${folder}/notify`;
  const manager = Observer.bind(path);
  const receiving = Array.fromAsync(manager);
  const command = new Deno.Command("systemd-notify", {
    args: ["WATCHDOG=1"],
    env: { NOTIFY_SOCKET: path },
  });
  const work = async () => void await command.output();
  const { rows } = await measureLoop(
    "",
    [{ name: "systemd-notify", work }],
    Math.min(rounds, NOTIFICATIONS),
    1,
  );
  manager.close();
  await receiving;
  return rows["systemd-notify"];
}
