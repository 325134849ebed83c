import { assertEquals, assertGreaterOrEqual, assertMatch } from "@std/assert";
import { canDropPrivileges, hasProgram } from "../support/process.ts";
import type { TestFolder } from "../support/test_folder.ts";
import { until } from "../support/until.ts";
import { beatsOf, IO_ERRORS, type Metrics, parseMetrics } from "./metrics.ts";
import { findProgram, type Release } from "./releases.ts";

/** The id of a user, as which an observer can be started. */
export const OTHER_UID = 65534;

/** The reason why no observer can be started as another user, if there is one. */
export const noOtherUser: string | undefined = Deno.uid() === 0 &&
    hasProgram("setpriv", `--reuid=${OTHER_UID}`, "--clear-groups", "true") &&
    canDropPrivileges()
  ? undefined
  : "only root with setpriv can run the observer as another user";

/** How an observer is started. */
export interface VartaWatchOptions {
  /** Milliseconds of silence that it reports as a stall. Default: an hour. */
  threshold?: number;
  /** More flags. */
  flags?: string[];
  /** A command that runs the observer, without the observer's own command. */
  under?: readonly string[];
  /** The user that runs it, if not this one. */
  uid?: number;
  /** Whether it exports what it receives. Default: true. */
  isExported?: boolean;
}

/** A line of the export file. */
export interface ExportedRow {
  /** Nanoseconds since the observer's start. */
  time: bigint;
  kind: string;
  pid: string;
  nonce: string;
  status: string;
  payload: string;
}

/** The rows without their times. */
export function withoutTime(rows: ExportedRow[]): Omit<ExportedRow, "time">[] {
  return rows.map(({ time: _, ...row }) => row);
}

/** Milliseconds that an observer may run, also if the test run is killed. */
const LIFETIME = 300_000;

/** A published observer, run as a process in a test's folder. */
export class VartaWatch implements AsyncDisposable {
  /** The path of the socket to which agents connect. */
  readonly path: string;
  /** The file with the token for `/metrics`, which 0.1.0 does not have. */
  readonly tokenFile?: string;
  readonly #child: Deno.ChildProcess;
  readonly #stderr: Promise<string>;
  readonly #ended = new AbortController();
  readonly #exportFile: string;
  readonly #token: string;
  #address: string;

  /** Starts an observer, and waits until it receives. */
  static async start(
    release: Release,
    folder: TestFolder,
    options: VartaWatchOptions = {},
  ): Promise<VartaWatch> {
    const observer = new VartaWatch(release, folder, options);
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
    {
      threshold = 3_600_000,
      flags: more = [],
      under = [],
      uid,
      isExported = true,
    }: VartaWatchOptions,
  ) {
    const id = crypto.randomUUID();
    this.path = folder.file("observer.sock");
    this.#exportFile = folder.file(`${id}.tsv`);
    this.#token = `${id}${id}`.replaceAll("-", "");
    const flags = [
      ["--socket", this.path],
      ["--threshold-ms", `${threshold}`],
      ...isExported ? [["--export-file", this.#exportFile]] : [],
      ["--shutdown-after-secs", `${LIFETIME / 1_000}`],
    ];
    if (release.version === 1) {
      this.#address = `127.0.0.1:${freePort()}`;
    } else {
      this.#address = "127.0.0.1:0";
      const tokenFile = folder.file(`${id}.token`);
      Deno.writeTextFileSync(tokenFile, this.#token, { mode: 0o600 });
      this.tokenFile = tokenFile;
      if (uid !== undefined) Deno.chownSync(tokenFile, uid, null);
      flags.push(
        ["--prom-token-file", tokenFile],
        ["--prom-rate-limit-burst", "0"], // no limit
      );
      if (!more.includes("--max-beat-rate")) {
        flags.push(["--max-beat-rate", "0"]); // no limit
      }
    }
    flags.push(["--prom-addr", this.#address]);
    let program = findProgram(release)!;
    if (uid !== undefined) {
      // That user may not be able to enter the folder of the program.
      const copy = folder.file("varta-watch");
      Deno.copyFileSync(program, copy);
      program = copy;
      Deno.chownSync(folder.path, uid, null);
      under = ["setpriv", `--reuid=${uid}`, "--clear-groups", ...under];
    }
    const [command, ...args] = [...under, program, ...flags.flat(), ...more];
    this.#child = new Deno.Command(command, {
      args,
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

  /** The pid of the observer or, with `under`, of the command that runs it. */
  get pid(): number {
    return this.#child.pid;
  }

  /** The exit status of the observer, or of the command that runs it. */
  get status(): Promise<Deno.CommandStatus> {
    return this.#child.status;
  }

  /** The URL of `/metrics`. */
  get metricsUrl(): string {
    return `http://${this.#address}/metrics`;
  }

  async #ready(release: Release): Promise<void> {
    if (release.version === 1) {
      // It prints nothing, and serves /metrics only when it receives.
      await this.#child.stdout.cancel();
      await this.assertMetrics({ [IO_ERRORS]: 0 });
      return;
    }
    // It prints its address then. A request for /metrics would be answered, but
    // its page would stay the same for a second.
    const lines = this.#child.stdout.pipeThrough(new TextDecoderStream());
    let line = "";
    for await (const part of lines) {
      line += part;
      if (line.includes("\n")) break;
    }
    assertMatch(line, /^127\.0\.0\.1:\d+\n$/);
    this.#address = line.trim();
  }

  /** Reads `/metrics`, which 0.2.0 updates once a second. */
  async metrics(): Promise<Metrics> {
    const response = await fetch(this.metricsUrl, {
      headers: { authorization: `Bearer ${this.#token}` },
      signal: this.#ended.signal,
    });
    const page = await response.text();
    // 0.2.0 answers 405 if the request comes later than the connection, and an
    // empty page in the second after that.
    if (response.status !== 200 || page === "") {
      throw new Error(`Cannot read /metrics: status ${response.status}`);
    }
    return parseMetrics(page);
  }

  /** Waits until `/metrics` shows all these values; `undefined` is no sample. */
  assertMetrics(expected: Record<string, number | undefined>): Promise<void> {
    return this.untilMetrics((page) => {
      const names = Object.keys(expected);
      const actual = names.map((name) => [name, page.get(name)]);
      assertEquals(Object.fromEntries(actual), expected);
    });
  }

  /** Waits until the observer has counted so many beats of a process. */
  assertBeats(pid: number, atLeast: number): Promise<void> {
    return this.untilMetrics((page) =>
      assertGreaterOrEqual(page.get(beatsOf(pid)) ?? 0, atLeast)
    );
  }

  /** Waits until an assertion about `/metrics` holds. */
  async untilMetrics(
    assertion: (page: Metrics) => void,
  ): Promise<void> {
    let failure: unknown;
    try {
      await until("/metrics shows the expected values", async () => {
        this.#ended.signal.throwIfAborted();
        try {
          assertion(await this.metrics());
          return true;
        } catch (error) {
          failure = error;
          return false;
        }
      });
    } catch (error) {
      throw new Error("Unexpected /metrics", { cause: failure ?? error });
    }
  }

  /** Ends the observer, which writes its export file then, and reads the file. */
  async exportedRows(): Promise<ExportedRow[]> {
    await this.terminate();
    const text = await Deno.readTextFile(this.#exportFile);
    return text.trimEnd().split("\n").map((line) => {
      const [time, kind, pid, nonce, status, payload] = line.split("\t");
      return { time: BigInt(time), kind, pid, nonce, status, payload };
    });
  }

  /** Ends the observer by SIGTERM. */
  async terminate(): Promise<void> {
    const { code, signal } = await this.#end("SIGTERM");
    assertEquals({ code, signal }, { code: 0, signal: null });
  }

  /** Ends the observer by SIGKILL, so that the file of its socket stays. */
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

/** A free port: 0.1.0 does not print the one that the system assigns. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
