import { assertEquals, assertMatch } from "@std/assert";
import type { TestFolder } from "../support/observer.ts";
import { eventually, PATIENCE } from "./eventually.ts";
import { type Metrics, parseMetrics } from "./metrics.ts";
import { findBinary, type Release } from "./releases.ts";

/** A line of the export file: when, by the observer's clock, and what. */
export interface ExportedRow {
  /** Nanoseconds since the observer's start. */
  time: bigint;
  kind: string;
  pid: string;
  nonce: string;
  status: string;
  payload: string;
}

/** The rows without their times, which no test can foretell. */
export function withoutTime(rows: ExportedRow[]): Omit<ExportedRow, "time">[] {
  return rows.map(({ time: _, ...row }) => row);
}

/** How long an observer may run, in milliseconds. */
const LIFETIME = 300_000;

/** The published observer, as a process of its own in a test's folder. */
export class VartaWatch implements AsyncDisposable {
  /** The socket to which agents connect. */
  readonly path: string;
  readonly #child: Deno.ChildProcess;
  readonly #stderr: Promise<string>;
  readonly #ended = new AbortController();
  readonly #exportFile: string;
  readonly #token: string;
  #address: string;

  /** Starts it, with `more` flags than all have, and waits until it receives. */
  static async start(
    release: Release,
    folder: TestFolder,
    thresholdMs = 3_600_000,
    more: string[] = [],
  ): Promise<VartaWatch> {
    const observer = new VartaWatch(release, folder, thresholdMs, more);
    try {
      await observer.#ready(release);
      return observer;
    } catch (cause) {
      await observer.kill();
      const stderr = await observer.#stderr;
      throw new Error(`Cannot start varta-watch: ${stderr}`, { cause });
    }
  }

  private constructor(
    release: Release,
    folder: TestFolder,
    thresholdMs: number,
    more: string[],
  ) {
    const id = crypto.randomUUID();
    this.path = folder.file("observer.sock");
    this.#exportFile = folder.file(`${id}.tsv`);
    this.#token = `${id}${id}`.replaceAll("-", "");
    const flags = [
      ["--socket", this.path],
      ["--threshold-ms", `${thresholdMs}`],
      ["--export-file", this.#exportFile],
      // So that it does not outlive a test run that was itself killed.
      ["--shutdown-after-secs", `${LIFETIME / 1000}`],
    ];
    if (release.version === 1) {
      this.#address = `127.0.0.1:${freePort()}`;
    } else {
      this.#address = "127.0.0.1:0";
      const tokenFile = folder.file(`${id}.token`);
      Deno.writeTextFileSync(tokenFile, this.#token, { mode: 0o600 });
      flags.push(
        ["--prom-token-file", tokenFile],
        ["--prom-rate-limit-burst", "0"], // no limit
        ["--max-beat-rate", "0"], // no limit
      );
    }
    flags.push(["--prom-addr", this.#address]);
    this.#child = new Deno.Command(findBinary(release)!, {
      args: [...flags.flat(), ...more],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#stderr = new Response(this.#child.stderr).text();
    const deadline = setTimeout(() => this.#child.kill("SIGKILL"), LIFETIME);
    this.#child.status.then(() => {
      clearTimeout(deadline);
      this.#ended.abort();
    });
  }

  get pid(): number {
    return this.#child.pid;
  }

  async #ready(release: Release): Promise<void> {
    if (release.version === 1) {
      // It says nothing. But it answers only once it receives.
      await this.#child.stdout.cancel();
      await eventually(() => this.metrics(), this.#ended.signal);
      return;
    }
    // To ask for /metrics would be to get this page again for a second.
    const lines = this.#child.stdout.pipeThrough(new TextDecoderStream());
    let line = "";
    for await (const part of lines) {
      line += part;
      if (line.includes("\n")) break;
    }
    assertMatch(line, /^127\.0\.0\.1:\d+\n$/);
    this.#address = line.trim();
  }

  /** The page of `/metrics`, which 0.2.0 writes anew only once a second. */
  async metrics(): Promise<Metrics> {
    const response = await fetch(`http://${this.#address}/metrics`, {
      headers: { authorization: `Bearer ${this.#token}` },
      signal: AbortSignal.any([
        this.#ended.signal,
        AbortSignal.timeout(PATIENCE),
      ]),
    });
    const page = await response.text();
    // 0.2.0 answers 405 where it accepts before the request is there, and for a
    // second after that with the page it has not yet written.
    if (response.status !== 200 || page === "") {
      throw new Error(`Cannot read /metrics: status ${response.status}`);
    }
    return parseMetrics(page);
  }

  /** Waits until `/metrics` shows all of these at once; `undefined` is no row. */
  assertMetrics(expected: Record<string, number | undefined>): Promise<void> {
    return eventually(async () => {
      const page = await this.metrics();
      const names = Object.keys(expected);
      const actual = names.map((name) => [name, page.get(name)]);
      assertEquals(Object.fromEntries(actual), expected);
    }, this.#ended.signal);
  }

  /** Ends it, since it writes its export file out only then, and reads that. */
  async exportedRows(): Promise<ExportedRow[]> {
    await this.terminate();
    const text = await Deno.readTextFile(this.#exportFile);
    return text.trimEnd().split("\n").map((line) => {
      const [time, kind, pid, nonce, status, payload] = line.split("\t");
      return { time: BigInt(time), kind, pid, nonce, status, payload };
    });
  }

  /** Ends it as a service manager does; it must end well. */
  async terminate(): Promise<void> {
    const { code, signal } = await this.#end("SIGTERM");
    assertEquals({ code, signal }, { code: 0, signal: null });
  }

  /** Ends it with no time to clean up: the socket's file stays. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async #end(signal: Deno.Signal): Promise<Deno.CommandStatus> {
    if (!this.#ended.signal.aborted) this.#child.kill(signal);
    const status = await this.#child.status;
    await this.#stderr;
    return status;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}

/** A port that no one has: 0.1.0 does not tell which one the system gave it. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
