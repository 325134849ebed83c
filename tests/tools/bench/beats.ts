import { libc } from "../../../ffi/libc.ts";
import { Status, Varta, type VlpVersion } from "../../../mod.ts";
import { openDescriptors } from "../../support/process.ts";
import { cString, type Native } from "./native.ts";
import { type Candidate, measurePaired, type Quantiles } from "./paired.ts";

// Below net.unix.max_dgram_qlen, which is 10 by default: the queue never fills.
export const UNITS = 8;

/** An observer's socket, for agents in C and here. */
export class Bench {
  readonly #native: Native;
  readonly path: string;
  readonly observer: number;

  constructor(native: Native, path: string) {
    this.#native = native;
    this.path = path;
    this.observer = native.observer_bind(cString(path));
    if (this.observer === -1) throw new Error(`Cannot bind ${path}`);
  }

  /** Receives what a candidate sent, all of it. */
  readonly drain = (): void => {
    const received = this.#native.observer_drain(this.observer);
    if (received !== UNITS) throw new Error(`${received} of ${UNITS} arrived`);
  };

  /** The C program. */
  native(name = "C"): Candidate {
    const agent = this.#native.agents_connect(cString(this.path), 1);
    const work = () => void this.#native.agents_beat(agent, 0, UNITS, 0);
    return { name, work, reset: this.drain };
  }

  /** This module, with one agent, in one of the versions. */
  agent(name: string, version: VlpVersion, payload?: bigint): Candidate {
    const agent = Varta.connect(this.path, { version });
    return this.candidate(name, agent, payload);
  }

  /** This module, with a given agent. */
  candidate(name: string, agent: Varta, payload?: bigint): Candidate {
    const work = payload === undefined
      ? () => {
        for (let i = 0; i < UNITS; i++) agent.beat(Status.Ok, i);
      }
      : () => {
        for (let i = 0; i < UNITS; i++) agent.beat(Status.Ok, payload);
      };
    return { name, work, reset: this.drain };
  }

  /** This module, with no payload given. */
  agentWithoutPayload(name: string): Candidate {
    const agent = Varta.connect(this.path);
    const work = () => {
      for (let i = 0; i < UNITS; i++) agent.beat(Status.Ok);
    };
    return { name, work, reset: this.drain };
  }

  close(): void {
    libc().close(this.observer);
    Deno.removeSync(this.path);
  }
}

/** Sent beats, by each way to ask for them. */
export function measureSent(
  bench: Bench,
  rounds: number,
  others: Candidate[] = [],
): Promise<Map<string, Quantiles>> {
  return measurePaired([
    bench.native(),
    bench.agent("version 1", 1),
    bench.agent("version 2", 2),
    bench.agent("version 1, bigint payload", 1, 7n),
    bench.agentWithoutPayload("version 1, no payload"),
    ...others,
  ], { rounds, units: UNITS });
}

/** Sent beats of an agent in a process that has lived. */
export function measureLived(
  bench: Bench,
  rounds: number,
): Promise<Map<string, Quantiles>> {
  for (let i = 0; i < 500; i++) {
    const version = i % 2 === 0 ? 1 : 2;
    const agent = Varta.connect(bench.path, { version });
    agent.reconnect();
    agent.close();
  }
  const agent = Varta.connect(bench.path);
  agent.reconnect();
  return measurePaired([
    bench.native(),
    bench.agent("after 500 connects, reconnects and closes", 1),
    bench.candidate("the same, itself reconnected", agent),
    bench.agent("the same, version 2", 2),
  ], { rounds, units: UNITS });
}

/** Beats of one agent after the other, in C and here, of few and of many. */
export async function measureMany(
  native: Native,
  bench: Bench,
  count: number,
  rounds: number,
): Promise<Map<string, Quantiles>> {
  const rotate = (name: string, count: number): Candidate[] => {
    const inC = native.agents_connect(cString(bench.path), count);
    const agents = Array.from(
      { length: count },
      () => Varta.connect(bench.path),
    );
    const step = count === 1 ? 0 : 1;
    let ofC = 0;
    let first = 0;
    return [{
      name: `C, ${name}`,
      work: () => void native.agents_beat(inC, ofC, UNITS, step),
      reset: () => {
        ofC = (ofC + UNITS) % (count - count % UNITS || 1);
        bench.drain();
      },
    }, {
      name: `this module, ${name}`,
      work: () => {
        for (let i = 0; i < UNITS; i++) {
          agents[first + i * step].beat(Status.Ok, i);
        }
      },
      reset: () => {
        first = (first + UNITS) % (count - count % UNITS || 1);
        bench.drain();
      },
    }];
  };
  const candidates = [...rotate("1 agent", 1), ...rotate("many agents", count)];
  return await measurePaired(candidates, { rounds, units: UNITS });
}

/** Beats that are not sent, each beside the bare call that fails so. */
export function measureUnsent(
  native: Native,
  folder: string,
  rounds: number,
): Promise<Map<string, Quantiles>> {
  const pair = (
    name: string,
    spoil: (bench: Bench, descriptors: number[]) => void,
  ): Candidate[] => {
    const bench = new Bench(native, `${folder}/${name.replaceAll(" ", "-")}`);
    const inC = native.agents_connect(cString(bench.path), 1);
    const before = openDescriptors();
    const agent = Varta.connect(bench.path);
    const [own] = openDescriptors().filter((fd) => !before.includes(fd));
    spoil(bench, [native.agent_descriptor(inC), own]);
    return [
      { name: `C, ${name}`, work: () => void native.bare_sends(inC, UNITS) },
      { ...bench.candidate(name, agent), reset: undefined },
    ];
  };
  return measurePaired([
    ...pair("queue full", (bench) => {
      const filler = Varta.connect(bench.path);
      while (filler.beat(Status.Ok).kind === "sent");
    }),
    ...pair("observer gone", (bench) => bench.close()),
    // The descriptors pass to a file, behind the agents' backs.
    ...pair("failed", (_, descriptors) => replaceByFiles(descriptors)),
  ], { rounds, units: UNITS });
}

/** Puts a file in each descriptor's place, where every send is ENOTSOCK. */
function replaceByFiles(descriptors: number[]): void {
  for (const fd of descriptors) libc().close(fd);
  for (const _ of descriptors) Deno.openSync("/dev/null");
}
