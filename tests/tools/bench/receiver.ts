import { libc } from "../../../ffi/libc.ts";
import { Status, Varta } from "../../../mod.ts";
import { SystemdWatchdog } from "../../../src/systemd/mod.ts";
import { createFlatBeat, FLAT } from "./flat.ts";
import type { Candidate } from "./loop_times.ts";
import { cString, type Native } from "./native.ts";

/**
 * How many beats a candidate sends at a time. The queue of a Unix socket holds
 * `net.unix.max_dgram_qlen`, 10 by default.
 */
export const UNITS = 8;

/** An observer's socket, at a path or at a UDP port, and candidates that send to it. */
export class Receiver {
  readonly #native: Native;
  readonly #fd: number;
  readonly #agent: Deno.PointerValue;
  /** The path, or the address of the port. */
  readonly address: string;

  /** @param path If there is none, a UDP port of the system's choice is bound. */
  constructor(native: Native, path?: string) {
    this.#native = native;
    this.#fd = path === undefined
      ? native.udp_observer_bind()
      : native.observer_bind(cString(path));
    if (this.#fd === -1) throw new Error(`Cannot bind ${path ?? "a UDP port"}`);
    const port = native.udp_port(this.#fd);
    this.address = path ?? `127.0.0.1:${port}`;
    this.#agent = path === undefined
      ? native.udp_agent_connect(port)
      : native.agent_connect(cString(path));
  }

  /** Receives everything. Returns the number of datagrams. */
  drain(): number {
    return this.#native.observer_drain(this.#fd);
  }

  /** Receives what a candidate has sent. */
  readonly reset = (): void => {
    const received = this.drain();
    if (received !== UNITS) throw new Error(`${received} of ${UNITS} received`);
  };

  /** One beat in C. Returns how many nanoseconds it took. */
  timedBeat(): number {
    return this.#native.timed_beat(this.#agent);
  }

  /** The program in C. */
  inC(name = "C"): Candidate {
    const agent = this.#agent;
    const work = () => void this.#native.agent_beat(agent, UNITS);
    return { name, work, reset: this.reset };
  }

  /** An agent whose payload is a number. */
  agent(name: string, agent: Varta): Candidate {
    const work = () => {
      for (let i = 0; i < UNITS; i++) agent.beat(Status.Ok, i);
    };
    return { name, work, reset: this.reset };
  }

  // Functions of their own, because V8 compiles each for what it has seen.

  /** An agent whose payload is a bigint. */
  bigintPayload(name: string): Candidate {
    const agent = Varta.connect(this.address);
    const work = () => {
      for (let i = 0; i < UNITS; i++) agent.beat(Status.Ok, 7n);
    };
    return { name, work, reset: this.reset };
  }

  /** An agent without a payload. */
  noPayload(name: string): Candidate {
    const agent = Varta.connect(this.address);
    const work = () => {
      for (let i = 0; i < UNITS; i++) agent.beat(Status.Ok);
    };
    return { name, work, reset: this.reset };
  }

  /** A watchdog of systemd, for which this is the service manager. */
  ping(): Candidate {
    const watchdog = this.watchdog();
    const work = () => {
      for (let i = 0; i < UNITS; i++) watchdog.beat(Status.Ok, i);
    };
    return { name: "ping", work, reset: this.reset };
  }

  /** The work of a beat in one function. */
  flat(): Candidate {
    const beat = createFlatBeat(this.address);
    const work = () => {
      for (let i = 0; i < UNITS; i++) beat(Status.Ok, i);
    };
    return { name: FLAT, work, reset: this.reset };
  }

  /** Connects a watchdog to the path, as in a service. */
  watchdog(): SystemdWatchdog {
    Deno.env.set("NOTIFY_SOCKET", this.address);
    Deno.env.set("WATCHDOG_USEC", "20000000");
    return SystemdWatchdog.connect()!;
  }

  /** Sends a datagram by Deno's own API, from a socket without a name. */
  sendByDeno(): () => Promise<number> {
    const transport = "unixpacket";
    // The types of Deno do not know yet that the path can be left out.
    const socket = Deno.listenDatagram(
      { transport } as Deno.UnixListenOptions & { transport: "unixpacket" },
    );
    const { address: path } = this;
    const frame = new Uint8Array(32);
    return () => socket.send(frame, { transport, path });
  }

  close(): void {
    libc().close(this.#fd);
  }
}
