import { Observer } from "../../../src/observer/mod.ts";
import { hasProgram } from "../../support/process.ts";
import { type Bench, UNITS } from "./beats.ts";
import { type Candidate, measurePaired, type Quantiles } from "./paired.ts";

/** Deno's own way to send a datagram over a Unix socket. */
export function denoDatagram(bench: Bench, folder: string): Candidate {
  const path = bench.path;
  const socket = Deno.listenDatagram({
    transport: "unixpacket",
    path: `${folder}/deno-datagram`,
  });
  const frame = new Uint8Array(32);
  const address = { transport: "unixpacket", path } as const;
  const work = async () => {
    for (let i = 0; i < UNITS; i++) await socket.send(frame, address);
  };
  return { name: "Deno.listenDatagram, no frame", work, reset: bench.drain };
}

/**
 * The npm package `node-unix-socket` on Node, in a process of its own; or why
 * it was left out.
 */
export async function measureNode(
  folder: string,
  rounds: number,
): Promise<Quantiles | string> {
  if (!hasProgram("node") || !hasProgram("npm")) return "there is no Node";
  const install = await new Deno.Command("npm", {
    args: ["install", "--no-audit", "--no-fund", "node-unix-socket@0.2.7"],
    cwd: folder,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!install.success) return "npm cannot install it";
  const script = `${folder}/node.cjs`;
  Deno.writeTextFileSync(script, nodeScript(folder, rounds));
  const { stdout, stderr, success } = await new Deno.Command("node", {
    args: [script],
    cwd: folder,
  }).output();
  if (!success) return new TextDecoder().decode(stderr).split("\n")[0];
  return JSON.parse(new TextDecoder().decode(stdout));
}

/**
 * `systemd-notify`, which tells systemd's watchdog by a process for each time;
 * or why it was left out.
 */
export async function measureSystemdNotify(
  folder: string,
): Promise<Quantiles | string> {
  if (!hasProgram("systemd-notify")) return "there is none";
  using manager = Observer.bind(`${folder}/notify`);
  const receiving = Array.fromAsync(manager);
  const command = new Deno.Command("systemd-notify", {
    args: ["WATCHDOG=1"],
    env: { NOTIFY_SOCKET: `${folder}/notify` },
    stdout: "null",
    stderr: "null",
  });
  const name = "systemd-notify, a process each, alone";
  const work = async () => void await command.output();
  const quantiles = await measurePaired([{ name, work }], {
    rounds: 200,
    units: 1,
  });
  manager.close();
  await receiving;
  return quantiles.get(name)!;
}

function nodeScript(folder: string, rounds: number): string {
  return `
    const { DgramSocket } = require("node-unix-socket");
    const observer = new DgramSocket(() => {});
    observer.bind("${folder}/node-observer");
    const agent = new DgramSocket(() => {});
    const frame = Buffer.alloc(32);
    const send = () => new Promise((resolve) =>
      agent.sendTo(frame, 0, 32, "${folder}/node-observer", resolve));
    (async () => {
      const times = [];
      for (let round = -100; round < ${rounds}; round++) {
        const start = performance.now();
        for (let i = 0; i < ${UNITS}; i++) await send();
        if (round >= 0) times.push((performance.now() - start) * 1e6 / ${UNITS});
        await new Promise(setImmediate);
      }
      times.sort((a, b) => a - b);
      const at = (share) => times[Math.floor(share * (times.length - 1))];
      console.log(JSON.stringify({ p50: at(0.5), p99: at(0.99) }));
      process.exit(0);
    })();`;
}
