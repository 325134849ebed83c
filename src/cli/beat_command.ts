import { protocolOf } from "../frame/_protocol.ts";
import type { Status } from "../frame/status.ts";
import type { VlpVersion } from "../frame/vlp_version.ts";
import { Beater, type BeatReport } from "./beater.ts";
import type { Arguments, Command } from "./command.ts";
import { complain } from "./complain.ts";
import { ExitCode } from "./exit_code.ts";
import { pause } from "./pause.ts";
import { quote } from "./quote.ts";
import { MAX_DELAY, readBigint, readNumber } from "./read_number.ts";
import { statusNamed } from "./status_name.ts";
import { StopSignal } from "./stop_signal.ts";
import { UsageError, withArgument } from "./usage_error.ts";

const DEFAULT_INTERVAL = "1000"; // ms

const exitCodes: Record<BeatReport["kind"], number> = {
  sent: ExitCode.Done,
  dropped: ExitCode.Dropped,
  failed: ExitCode.Failed,
};

/** `beat`: beats to an observer, once or again and again. */
export const beatCommand: Command = {
  name: "beat",
  summary: "Beat to the observer that receives at SOCKET.",
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
        "The process's own word, an integer from 0 (the default):\n64 bits in protocol 1, 32 in 2.",
    },
    protocol: {
      type: "string",
      value: "1|2",
      description:
        "1 (the default) for varta-watch 0.1.0, 2 for 0.2.0.\nAn observer of the other one rejects what is sent.",
    },
    interval: {
      type: "string",
      value: "MS",
      description:
        "Beat every MS milliseconds until a signal, or until N\nbeats with --count; by default once.",
    },
    count: {
      type: "string",
      value: "N",
      description: "Beat N times, and end; every 1000 ms without --interval.",
    },
  },
  details: `\
What became of each beat is said on stderr. An observer that is away drops
beats; each beat looks for it again. A beat that fails is the last one.

Exit codes, by the last beat, also where Ctrl-C or another signal ends it:
  0  sent: the kernel took it
  1  dropped: no observer is there, or it does not keep up; later ones may pass
  2  the command line is wrong
  3  failed: something must be mended first, such as a permission`,
  example: "beat /run/varta.sock --status degraded --payload 17",
  run: beat,
};

interface Plan {
  readonly version: VlpVersion;
  readonly status: Status;
  readonly payload: bigint;
  readonly interval: number;
  readonly count: number;
}

async function beat({ values, positionals }: Arguments): Promise<number> {
  const { version, status, payload, interval, count } = planOf(values);
  using stop = new StopSignal();
  using beater = new Beater(positionals[0], version);
  for (let i = 1;; i++) {
    const { kind, text } = withArgument(() => beater.beat(status, payload));
    complain(`beat ${i}: ${text}`);
    if (i >= count || kind === "failed") return exitCodes[kind];
    await pause(interval, stop.signal);
    if (stop.signal.aborted) return exitCodes[kind];
  }
}

function planOf(values: Arguments["values"]): Plan {
  const { status, payload, protocol, interval, count } = values as Record<
    string,
    string | undefined
  >;
  const version = versionOf(protocol ?? "1");
  const { maxPayload } = protocolOf(version)!;
  return {
    version,
    status: statusOf(status ?? "ok"),
    payload: readBigint("payload", payload ?? "0", 0n, maxPayload),
    interval: readNumber(
      "interval",
      interval ?? DEFAULT_INTERVAL,
      1,
      MAX_DELAY,
    ),
    count: count === undefined
      ? interval === undefined ? 1 : Infinity
      : readNumber("count", count, 1, Number.MAX_SAFE_INTEGER),
  };
}

function versionOf(value: string): VlpVersion {
  if (value === "1") return 1;
  if (value === "2") return 2;
  throw new UsageError(
    `Cannot take --protocol ${quote(value)}: it must be 1 or 2`,
  );
}

function statusOf(value: string): Status {
  const status = statusNamed(value);
  if (status !== undefined) return status;
  throw new UsageError(
    `Cannot take --status ${quote(value)}: it must be ok, degraded or critical`,
  );
}
