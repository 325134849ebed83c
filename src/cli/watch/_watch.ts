import { environmentVariable } from "../../../ffi/process/environment.ts";
import { inspectProcess } from "../../../ffi/process/proc.ts";
import { Observer } from "../../observer/mod.ts";
import {
  type Arguments,
  type Command,
  ExitCode,
  withArgument,
} from "../_command.ts";
import { MAX_DELAY, parseInteger } from "../_parse_arguments.ts";
import { untilStopSignal } from "../_stop_signal.ts";
import { printError, quote } from "../_text.ts";
import { Controls } from "./_controls.ts";
import { FIELDS, toLine, toRecord, type WatchEvent } from "./_event.ts";
import { LineWriter } from "./_line_writer.ts";
import { Roster } from "./_roster.ts";
import { screenLines, summaryLine } from "./_screen.ts";
import { Selection } from "./_selection.ts";
import { type Screen, Terminal } from "./_terminal.ts";
import { INTERVAL, NO_FILE, Warnings } from "./_warnings.ts";

const DEFAULT_THRESHOLD = "5000"; // ms

/** After a screen, so many times as long as it took, no other is drawn. */
const DRAWING_REST = 50;

/** After such lateness, how long the socket is read often, and how often, in ms. */
const MAX_LATENESS = 50;
const EAGER_TIME = 5_000;
const EAGER_INTERVAL = 10;

/** `watch`: observes a socket, and shows the agents that beat to it. */
export const watchCommand: Command = {
  name: "watch",
  summary: "Receive beats at SOCKET, and show the agents.",
  positionals: ["SOCKET"],
  options: {
    threshold: {
      type: "string",
      value: "MS",
      description:
        `An agent is stalled after MS milliseconds without a beat;\nby default ${DEFAULT_THRESHOLD}.`,
    },
    json: {
      type: "boolean",
      description: "Print one JSON object per line, also in a terminal.",
    },
    changes: {
      type: "boolean",
      description:
        "Print only stalls, returns, ends and deaths, no beat or rejection.",
    },
    log: {
      type: "string",
      value: "FILE",
      description:
        "Append the lines of --json to FILE as well; this needs\n--allow-write=FILE.",
    },
    bell: {
      type: "boolean",
      description: "Ring the terminal's bell once for each stall or death.",
    },
  },
  details: `\
watch creates SOCKET, and removes it at the end. It reads both versions of the
protocol.

In a terminal it shows a table of the agents. The worst are the first, and agents
that have exited are below them. Press ? for the keys and the columns, and q to
quit. In another place, or if TERM is dumb, it prints a line for each event, with
name=value fields. peer is pid:uid:gid there.

With --json each line is an object with these fields. No field is ever null, and
later releases may only add fields and values:
${FIELDS.map(([name, text]) => `  ${name.padEnd(10)} ${text}`).join("\n")}

Deno permissions: --allow-ffi is all that it needs. By the C library it also reads
the variables TERM, LC_ALL, LC_CTYPE and LANG, the names of the agents' processes
and whether they have ended.

Exit codes:
  0  ended by q, by Ctrl-C or another signal, or by the reader of the pipe
  2  the command line is wrong
  3  failed: fix what the message describes first, such as a path that is in use`,
  example: "watch /tmp/varta.sock --threshold 3000",
  run: watch,
};

async function watch({ values, positionals }: Arguments): Promise<number> {
  const [path] = positionals;
  const { threshold = DEFAULT_THRESHOLD, json, changes, log, bell } = values;
  const silence = Number(
    parseInteger("threshold", String(threshold), 1, MAX_DELAY),
  );

  const stopped = untilStopSignal();
  const file = log === undefined ? undefined : openLog(String(log));
  using observer = withArgument(() => Observer.bind(path));
  const roster = new Roster(silence, inspectProcess);
  const warnings = new Warnings(path, performance.now());
  const createLines = (format: typeof toLine, lines: LineWriter) =>
    lineView(format, roster, changes === true, lines);
  const isTable = json !== true && Deno.stdout.isTerminal() &&
    environmentVariable("TERM") !== "dumb";
  await using view = isTable
    ? tableView({ path, observer, roster, warnings, hasBell: bell === true })
    : createLines(
      json === true ? toJson : toLine,
      // Not console.log: while the reader of a pipe waits, it would block signals.
      new LineWriter("stdout", Deno.stdout),
    );
  await using logging = file && createLines(toJson, file);
  logging?.ended.catch(({ message }) => {
    warnings.logFailure = message;
    if (!isTable) printError(message);
  });

  const show = async (event: WatchEvent) => {
    if (warnings.logFailure === "") await logging?.show(event);
    await view.show(event);
  };
  const follow = async (events: AsyncIterable<WatchEvent>) => {
    for await (const event of events) {
      const now = performance.now();
      if (event.kind === "beat" || event.kind === "rejected") {
        warnings.receive(now);
      }
      const death = roster.add(event, now);
      await show(event);
      if (death !== undefined) await show(death);
    }
  };
  const timer = setInterval(() => {
    const now = performance.now();
    for (const death of roster.search(now)) show(death);
    const { hasFile } = warnings;
    warnings.update(now);
    if (hasFile && !warnings.hasFile && !isTable) printError(NO_FILE);
    view.update?.(now);
  }, INTERVAL);
  try {
    await Promise.race([
      Promise.all([follow(observer), follow(observer.stalls(silence))]),
      view.ended,
      stopped,
    ]);
  } catch (error) {
    const { cause } = error as Error;
    if (!(cause instanceof Deno.errors.BrokenPipe)) throw error;
  } finally {
    clearInterval(timer);
  }
  return ExitCode.DONE;
}

function openLog(path: string): LineWriter {
  try {
    const file = Deno.openSync(path, { append: true, create: true });
    return new LineWriter(quote(path), file);
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`Cannot open the log ${quote(path)}: ${message}`);
  }
}

/** A way to show events. */
interface View extends AsyncDisposable {
  /** Shows an event. Resolves when the view is ready for the next one. */
  show(event: WatchEvent): void | Promise<void>;
  /** Shows how things are now. Called several times a second. */
  update?(now: number): void;
  /** Resolves when the user ends the view. Rejects if it can show nothing more. */
  readonly ended: Promise<void>;
}

function toJson(...args: Parameters<typeof toRecord>): string {
  return JSON.stringify(toRecord(...args));
}

function lineView(
  format: typeof toLine,
  roster: Roster,
  isForChanges: boolean,
  lines: LineWriter,
): View {
  return {
    show(event) {
      const isChange = event.kind !== "beat" && event.kind !== "rejected";
      if (isForChanges && !isChange) return;
      const pid = isChange ? event.pid : event.peer?.pid;
      return lines.write(format(event, new Date(), roster.find(pid)?.name));
    },
    ended: lines.failed,
    [Symbol.asyncDispose]: () => lines.close(),
  };
}

interface TableOptions {
  readonly path: string;
  readonly observer: Observer;
  readonly roster: Roster;
  readonly warnings: Warnings;
  readonly hasBell: boolean;
}

function tableView(
  { path, observer, roster, warnings, hasBell }: TableOptions,
): View {
  const start = performance.now();
  const controls = new Controls();
  const selection = new Selection();
  const end = Promise.withResolvers<void>();
  const linesFor = (screen: Screen) => {
    const now = performance.now();
    selection.update(roster, controls, now);
    return screenLines({
      ...{ path, roster, controls, selection, now },
      warnings: warnings.lines(now),
      ...screen,
    });
  };
  const draw = () => {
    terminal.draw(linesFor).catch((error) =>
      // A terminal that has closed ends the view, and is no error.
      Deno.stdout.isTerminal() ? end.reject(error) : end.resolve()
    );
  };
  const terminal = new Terminal((key) => {
    if (controls.press(key)) end.resolve();
    else draw();
  });
  // Without this, an unhandled error leaves the terminal as it is.
  const onError = (event: ErrorEvent | PromiseRejectionEvent) => {
    event.preventDefault();
    end.reject("reason" in event ? event.reason : event.error);
  };
  addEventListener("error", onError);
  addEventListener("unhandledrejection", onError);
  draw();
  let restsUntil = start;
  let updatedAt = start;
  let eagerUntil = start;
  let timer: ReturnType<typeof setTimeout> | undefined;
  // On a busy machine, the thread that waits for datagrams and this one each wait
  // for a processor. A timer needs this one only.
  const readEagerly = () => {
    while (observer.receive() !== null);
    const isEager = performance.now() < eagerUntil;
    timer = isEager ? setTimeout(readEagerly, EAGER_INTERVAL) : undefined;
  };
  return {
    show(event) {
      // Of an agent that stalls because it has died, only the death counts.
      const isBell = event.kind === "gone" || event.kind === "stalled" &&
          roster.find(event.pid)?.state !== "gone";
      if (hasBell && isBell) terminal.ring();
    },
    update(now) {
      if (now - updatedAt > INTERVAL + MAX_LATENESS) {
        eagerUntil = now + EAGER_TIME;
      }
      updatedAt = now;
      clearTimeout(timer);
      readEagerly();
      if (now < restsUntil) return;
      draw();
      const end = performance.now();
      restsUntil = end + DRAWING_REST * (end - now);
    },
    ended: Promise.race([terminal.closed, end.promise]),
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      let summary = "";
      try {
        summary = summaryLine(path, roster, performance.now() - start);
      } finally {
        await terminal.leave(summary);
      }
    },
  };
}
