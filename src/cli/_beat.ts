import { setTimeout as delay } from "node:timers/promises";
import type { BeatOutcome } from "../agent/outcome.ts";
import { Varta } from "../agent/varta.ts";
import { protocolOf } from "../frame/_protocol.ts";

import { Status } from "../frame/status.ts";
import {
  type Arguments,
  type Command,
  ExitCode,
  withArgument,
} from "./_command.ts";
import {
  invalidValue,
  MAX_DELAY,
  parseInteger,
  parseVersion,
} from "./_parse_arguments.ts";
import { untilStopSignal } from "./_stop_signal.ts";
import { PROGRAM } from "./_help.ts";
import { describeOutcome, printError, quoteForShell } from "./_text.ts";

const DEFAULT_INTERVAL = "1000"; // ms

const exitCodes: Record<BeatOutcome["kind"], number> = {
  sent: ExitCode.DONE,
  dropped: ExitCode.DROPPED,
  failed: ExitCode.FAILED,
};

/** `beat`: sends beats to an observer. */
export const beatCommand: Command = {
  name: "beat",
  summary: "Send beats to the observer at SOCKET.",
  positionals: ["SOCKET"],
  options: {
    status: {
      type: "string",
      value: "S",
      description: "ok (the default), degraded or critical.",
    },
    payload: {
      type: "string",
      value: "N",
      description:
        "An integer from 0 (the default) that the observer stores\nwith the beat: 32 bits in protocol 2, 64 in 1.",
    },
    protocol: {
      type: "string",
      value: "1|2",
      description:
        "2 (the default) for varta-watch since 0.2.0, 1 for 0.1.0.\nAn observer rejects beats of the other version.",
    },
    interval: {
      type: "string",
      value: "MS",
      description:
        "Beat every MS milliseconds until a signal, or until N\nbeats with --count. The default is one beat.",
    },
    count: {
      type: "string",
      value: "N",
      description: "Beat N times, every 1000 ms without --interval.",
    },
    quiet: {
      type: "boolean",
      short: "q",
      description: "Print only beats that are not sent.",
    },
  },
  details: `\
It is a tool to try a connection. After the last beat, the observer reports the pid
of beat as stalled, and runs its recovery command for it, if it has one.

The outcome of each beat is printed on stderr. If the observer is not there, the
beat is dropped and the next one connects again. A beat that fails is the last.
An observer may reject a beat that is sent: use check to find out.

Exit codes, by the last beat, also after Ctrl-C or another signal:
  0  sent: the kernel has the beat
  1  dropped: no observer is there, or it is too slow; a later beat may be sent
  2  the command line is wrong
  3  failed: fix what the message describes first, such as a permission`,
  example: "beat /tmp/varta.sock --status degraded --payload 17",
  run: beat,
};

async function beat({ values, positionals }: Arguments): Promise<number> {
  const { version, status, payload, interval, count, isQuiet } = optionsFor(
    values,
  );
  const [path] = positionals;
  const stopped = untilStopSignal().then(() => true);
  using agent = withArgument(() =>
    Varta.connect(path, { version, lazy: true, reconnectAfter: 1 })
  );
  for (let i = 1;; i++) {
    const outcome = agent.beat(status, payload);
    if (!isQuiet || outcome.kind !== "sent") {
      const suffix = outcome.kind === "sent" ? `, in version ${version}` : "";
      printError(`beat ${i}: ${describeOutcome(outcome)}${suffix}`);
    }
    if (!isQuiet && i === 1) printError(checkHint(path, values.protocol));
    if (
      i >= count || outcome.kind === "failed" ||
      // Not by an AbortSignal: before Deno 2.4, this delay ignores it.
      await Promise.race([delay(interval, false), stopped])
    ) return exitCodes[outcome.kind];
  }
}

/** Returns what to do to find out whether beats are counted. */
function checkHint(path: string, protocol: unknown): string {
  const program = PROGRAM.replace("--allow-ffi", "-A");
  const option = protocol === undefined ? "" : ` --protocol ${protocol}`;
  return `To check whether the observer counts beats: ${program} check ${
    quoteForShell(path)
  }${option}`;
}

function optionsFor(values: Arguments["values"]) {
  const { status, payload, protocol, interval, count } = values as Record<
    string,
    string | undefined
  >;
  const version = parseVersion(protocol ?? "2");
  const { maxPayload } = protocolOf(version);
  return {
    version,
    status: parseStatus(status ?? "ok"),
    payload: parseInteger("payload", payload ?? "0", 0, maxPayload),
    interval: Number(
      parseInteger("interval", interval ?? DEFAULT_INTERVAL, 1, MAX_DELAY),
    ),
    count: count === undefined
      ? interval === undefined ? 1 : Infinity
      : Number(parseInteger("count", count, 1, Number.MAX_SAFE_INTEGER)),
    isQuiet: values.quiet === true,
  };
}

const statuses: ReadonlyMap<string, Status> = new Map([
  ["ok", Status.Ok],
  ["degraded", Status.Degraded],
  ["critical", Status.Critical],
]);

function parseStatus(value: string): Status {
  const status = statuses.get(value.toLowerCase());
  if (status !== undefined) return status;
  throw invalidValue("status", value, "ok, degraded or critical");
}
