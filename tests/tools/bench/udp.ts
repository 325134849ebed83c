import { libc } from "../../../ffi/libc.ts";
import { Status, Varta } from "../../../mod.ts";
import { nodeCrypto } from "../../../src/endpoint/_node_crypto.ts";
import { hasProgram } from "../../support/process.ts";
import { type Bench, UNITS } from "./beats.ts";
import type { Native } from "./native.ts";
import { type Candidate, measurePaired, type Quantiles } from "./paired.ts";

const KEY = crypto.getRandomValues(new Uint8Array(32));

/** An observer's UDP port. */
class UdpBench {
  readonly #native: Native;
  readonly #observer: number;
  readonly port: number;

  constructor(native: Native) {
    this.#native = native;
    this.#observer = native.udp_observer_bind();
    if (this.#observer === -1) throw new Error("Cannot bind a UDP port");
    this.port = native.udp_port(this.#observer);
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  readonly drain = (): void => {
    const received = this.#native.observer_drain(this.#observer);
    if (received !== UNITS) throw new Error(`${received} of ${UNITS} arrived`);
  };

  /** The C program, whose frame has no checksum. */
  native(): Candidate {
    const agent = this.#native.udp_agent_connect(this.port);
    const work = () => void this.#native.agents_beat(agent, 0, UNITS, 0);
    return { name: "C, UDP", work, reset: this.drain };
  }

  agent(name: string, agent: Varta): Candidate {
    const work = () => {
      for (let i = 0; i < UNITS; i++) agent.beat(Status.Ok, i);
    };
    return { name, work, reset: this.drain };
  }

  close(): void {
    libc().close(this.#observer);
  }
}

/** What `node:crypto` does in a sealed beat, without the rest. */
function sealsAlone(): Candidate {
  const crypto = nodeCrypto();
  const iv = new Uint8Array(12);
  const plaintext = new Uint8Array(32);
  const work = () => {
    for (let i = 0; i < UNITS; i++) {
      const cipher = crypto.createCipheriv("chacha20-poly1305", KEY, iv, {
        authTagLength: 16,
      });
      cipher.update(plaintext);
      cipher.final();
      cipher.getAuthTag();
    }
  };
  return { name: "node:crypto alone, for the same", work };
}

/** Beats over UDP, plain and sealed, beside the plain one in C. */
export async function measureUdp(
  native: Native,
  rounds: number,
): Promise<Map<string, Quantiles>> {
  const bench = new UdpBench(native);
  const { address } = bench;
  const times = await measurePaired([
    bench.native(),
    bench.agent("UDP", Varta.connectUdp(address)),
    bench.agent("sealed", Varta.connectSecureUdp(address, { key: KEY })),
    bench.agent(
      "sealed, master key",
      Varta.connectSecureUdp(address, { masterKey: KEY }),
    ),
    sealsAlone(),
  ], { rounds, units: UNITS });
  bench.close();
  return times;
}

/** Beats over a Unix socket, where UDP and sealed agents have beaten as well. */
export function measureBesideUdp(
  bench: Bench,
  rounds: number,
): Promise<Map<string, Quantiles>> {
  return measurePaired([
    bench.native(),
    bench.agent("with UDP and sealed agents in use", 1),
    bench.agent("the same, version 2", 2),
  ], { rounds, units: UNITS });
}

/** A sealed beat of the crate `varta-client`; or why it was left out. */
export async function measureRust(
  folder: string,
  rounds: number,
): Promise<Quantiles | string> {
  if (!hasProgram("cargo")) return "there is no cargo";
  const { success, stdout, stderr } = await new Deno.Command("cargo", {
    args: ["run", "--quiet", "--release", "--", `${rounds}`, `${UNITS}`],
    cwd: new URL("rust", import.meta.url),
    env: { CARGO_TARGET_DIR: `${folder}/rust` },
  }).output();
  if (!success) return new TextDecoder().decode(stderr).split("\n")[0];
  return JSON.parse(new TextDecoder().decode(stdout));
}
