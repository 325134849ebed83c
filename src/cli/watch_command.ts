import { Observer } from "../observer/observer.ts";
import type { Arguments, Command } from "./command.ts";
import { eventLine } from "./event_line.ts";
import { eventRecord } from "./event_record.ts";
import { ExitCode } from "./exit_code.ts";
import { LineView } from "./line_view.ts";
import { MAX_DELAY, readNumber } from "./read_number.ts";
import { StopSignal } from "./stop_signal.ts";
import { TableView } from "./table_view.ts";
import { withArgument } from "./usage_error.ts";
import type { View } from "./view.ts";
import type { WatchEvent } from "./watch_event.ts";

const DEFAULT_THRESHOLD = "5000"; // ms

/** `watch`: observes a socket, and shows the agents that beat to it. */
export const watchCommand: Command = {
  name: "watch",
  summary: "Receive at SOCKET, and show the agents that beat there.",
  positionals: ["SOCKET"],
  options: {
    threshold: {
      type: "string",
      value: "MS",
      description:
        `How long an agent is silent that has stalled, in ms;\nby default ${DEFAULT_THRESHOLD}.`,
    },
    json: {
      type: "boolean",
      description: "One JSON object a line, in a terminal too.",
    },
  },
  details: `\
SOCKET is made, and removed at the end. Both versions of the protocol are read.

In a terminal there is a table, the agents that give cause for concern first:
  STATE    beating, stalled, or ended: by its terminal frame
  AGE      the time since the last beat
  RATE     beats a second, over the last ten seconds
  LOST     beats that are missing by their nonces since the watch began
  PAYLOAD  the agent's own word
  PEER     who sends, by the word of the kernel

Elsewhere there is a line for each event: beat, rejected, stalled, returned or
ended, with what is known of it as name=value. timestamp is the agent's clock in
ns, silence is in ms, peer is pid:uid:gid, and bytes are in hexadecimal. With
--json these are an object; nonce, payload and timestamp are strings, since they
have 64 bits.

Exit codes:
  0  ended by q, by Ctrl-C or another signal, or by the reader of the pipe
  2  the command line is wrong
  3  failed: something must be mended first, such as a path that is taken`,
  example: "watch /tmp/varta.sock --threshold 3000",
  run: watch,
};

async function watch({ values, positionals }: Arguments): Promise<number> {
  const [path] = positionals;
  const { threshold = DEFAULT_THRESHOLD, json } = values;
  const silence = readNumber("threshold", String(threshold), 1, MAX_DELAY);

  using stop = new StopSignal();
  using observer = withArgument(() => Observer.bind(path));
  await using view = createView(path, json === true);
  const show = async (events: AsyncIterable<WatchEvent>) => {
    for await (const event of events) await view.show(event);
  };
  try {
    await Promise.race([
      Promise.all([show(observer), show(observer.stalls(silence))]),
      view.ended,
      stop.requested,
    ]);
  } catch (error) {
    // Whoever read the pipe had enough.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
  return ExitCode.Done;
}

function createView(path: string, isJson: boolean): View {
  if (isJson) {
    return new LineView((event, now) =>
      JSON.stringify(eventRecord(event, now))
    );
  }
  return Deno.stdout.isTerminal()
    ? new TableView(path)
    : new LineView(eventLine);
}
