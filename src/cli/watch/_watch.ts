import { hasProcess } from "../../../ffi/signals.ts";
import { Observer } from "../../observer/mod.ts";
import {
  type Arguments,
  type Command,
  ExitCode,
  withArgument,
} from "../_command.ts";
import { MAX_DELAY, parseInteger } from "../_parse_arguments.ts";
import { untilStopSignal } from "../_stop_signal.ts";
import { Controls } from "./_controls.ts";
import { FIELDS, toLine, toRecord, type WatchEvent } from "./_event.ts";
import { ProcessNames, readVariable } from "./_process.ts";
import { type Agent, Roster } from "./_roster.ts";
import { screenLines, summaryLine } from "./_screen.ts";
import { type Screen, Terminal } from "./_terminal.ts";

const DEFAULT_THRESHOLD = "5000"; // ms

/** The time between two screens, in ms. */
const REDRAW_INTERVAL = 100;

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
  },
  details: `\
watch creates SOCKET, and removes it at the end. It reads both versions of the
protocol.

In a terminal it shows a table of the agents. The worst are the first, and agents
that have exited are one line. Press ? for the keys and the columns, and q to quit.
In another place, or if TERM is dumb, it prints a line for each event, with
name=value fields. peer is pid:uid:gid there.

With --json each line is an object with these fields. No field is ever null, and
later releases may only add fields and values:
${FIELDS.map(([name, text]) => `  ${name.padEnd(10)} ${text}`).join("\n")}

Deno permissions: --allow-ffi is needed. With -A the table has the names of
processes. --allow-env=TERM,LC_ALL,LC_CTYPE,LANG tells what the terminal can show.

Exit codes:
  0  ended by q, by Ctrl-C or another signal, or by the reader of the pipe
  2  the command line is wrong
  3  failed: fix what the message describes first, such as a path that is in use`,
  example: "watch /tmp/varta.sock --threshold 3000",
  run: watch,
};

async function watch({ values, positionals }: Arguments): Promise<number> {
  const [path] = positionals;
  const { threshold = DEFAULT_THRESHOLD, json } = values;
  const silence = Number(
    parseInteger("threshold", String(threshold), 1, MAX_DELAY),
  );

  const stopped = untilStopSignal();
  using observer = withArgument(() => Observer.bind(path));
  await using view = createView(path, silence, json === true);
  const show = async (events: AsyncIterable<WatchEvent>) => {
    for await (const event of events) await view.show(event);
  };
  try {
    await Promise.race([
      Promise.all([show(observer), show(observer.stalls(silence))]),
      view.ended,
      stopped,
    ]);
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
  return ExitCode.DONE;
}

/** A way to show events. */
interface View extends AsyncDisposable {
  /** Shows an event. Resolves when the view is ready for the next one. */
  show(event: WatchEvent): void | Promise<void>;
  /** Resolves when the user ends the view. Rejects if it can show nothing more. */
  readonly ended: Promise<void>;
}

function createView(path: string, silence: number, isJson: boolean): View {
  if (isJson) {
    return lineView((event, now) => JSON.stringify(toRecord(event, now)));
  }
  return Deno.stdout.isTerminal() && readVariable("TERM") !== "dumb"
    ? tableView(path, silence)
    : lineView(toLine);
}

function lineView(format: (event: WatchEvent, now: Date) => string): View {
  // Not console.log: while the reader of a pipe waits, it would block signals.
  const output = Deno.stdout.writable.getWriter();
  const encoder = new TextEncoder();
  return {
    async show(event) {
      const line = format(event, new Date());
      try {
        await output.write(encoder.encode(`${line}\n`));
      } catch (error) {
        if (error instanceof Deno.errors.BrokenPipe) throw error;
        const { message } = error as Error;
        throw new Error(`Cannot write an event to stdout: ${message}`);
      }
    },
    ended: new Promise(() => {}),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function tableView(path: string, silence: number): View {
  const start = performance.now();
  const roster = new Roster(silence, hasProcess);
  const controls = new Controls();
  const names = new ProcessNames();
  const end = Promise.withResolvers<void>();
  const linesFor = (screen: Screen) => {
    const now = performance.now();
    roster.search(now);
    const refresh = (agent: Agent) => names.refresh(agent, now);
    return screenLines({ path, roster, controls, now, refresh, ...screen });
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
  const timer = setInterval(draw, REDRAW_INTERVAL);
  return {
    show: (event) => roster.add(event, performance.now()),
    ended: Promise.race([terminal.closed, end.promise]),
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      let summary = "";
      try {
        summary = summaryLine(path, roster, performance.now() - start);
      } finally {
        await terminal.leave(summary);
      }
    },
  };
}
