import { Varta } from "../../agent/varta.ts";
import type { VlpVersion } from "../../frame/frame.ts";
import { Status } from "../../frame/status.ts";
import { describeOutcome, quote } from "../_text.ts";
import {
  fail,
  type Finding,
  isGranted,
  leftOut,
  ok,
  warn,
} from "./_finding.ts";
import {
  addressOf,
  BAD_VERSION,
  type Cause,
  causesOf,
  hasCounted,
  likelyVersion,
  MetricsError,
  type MetricsSource,
  OFFER_METRICS,
  readMetrics,
  readResult,
} from "./_metrics.ts";

/** What to beat to, and how to find out what happened to a beat. */
export interface BeatOptions {
  readonly path: string;
  /** The version that the agent uses, if the user has named it. */
  readonly protocol?: VlpVersion;
  /** The URL of the observer's metrics. */
  readonly metrics?: URL;
  readonly tokenFile?: string;
}

/**
 * Checks whether the observer counts beats of this process: in the version that
 * its metrics show, and in the other one if it does not read that. Returns the
 * version that it reads, if the metrics show it.
 */
export async function* checkBeats(
  options: BeatOptions,
): AsyncGenerator<Finding, VlpVersion | undefined> {
  const source = yield* findSource(options);
  if (source === undefined) return undefined;
  try {
    let metrics = await readMetrics(source);
    const first = likelyVersion(metrics);
    for (let version = first;; version = first === 1 ? 2 : 1) {
      const problem = send(options.path, version);
      if (problem !== undefined) {
        yield fail("beat", `a beat of version ${version}: ${problem}`);
        return version;
      }
      const before = metrics;
      metrics = await readResult(source, before);
      if (hasCounted(before, metrics)) {
        yield countedFinding(version, options.protocol);
        return version;
      }
      const causes = causesOf(before, metrics);
      const isRead = !causes.some(({ counter }) => counter === BAD_VERSION);
      if (isRead || version !== first) {
        yield* rejectionFindings(version, causes);
        return version;
      }
    }
  } catch (error) {
    if (!(error instanceof MetricsError)) throw error;
    yield fail("metrics", error.message, error.advice);
    return undefined;
  }
}

function* findSource(
  { metrics: url, tokenFile }: BeatOptions,
): Generator<Finding, MetricsSource | undefined> {
  const what = "whether the observer counts a beat";
  if (url === undefined) {
    const advice = `run again with --metrics, and ${OFFER_METRICS}`;
    yield warn("beat", `${what} was not checked`, advice);
    return undefined;
  }
  let token: string | undefined;
  if (tokenFile !== undefined) {
    if (!isGranted({ name: "read", path: tokenFile })) {
      yield leftOut("metrics", "the token file", `--allow-read=${tokenFile}`);
      return undefined;
    }
    try {
      token = readToken(tokenFile);
    } catch (error) {
      yield fail(
        "metrics",
        `cannot use the token file ${quote(tokenFile)}: ${
          (error as Error).message
        }`,
        "pass the file of the observer's --prom-token-file",
      );
      return undefined;
    }
  }
  const host = `${url.hostname}:${addressOf(url).port}`;
  if (!isGranted({ name: "net", host })) {
    yield leftOut("beat", what, `--allow-net=${host}`);
    return undefined;
  }
  return { url, token };
}

/** The largest file of a token that is read, in bytes. */
const MAX_TOKEN_FILE_LENGTH = 4096;

function readToken(path: string): string {
  const { isFile, size } = Deno.statSync(path);
  // To read a FIFO that has no writer would block for good.
  if (!isFile || size > MAX_TOKEN_FILE_LENGTH) {
    throw new Error(
      `it is not a regular file of at most ${MAX_TOKEN_FILE_LENGTH} bytes`,
    );
  }
  const token = Deno.readTextFileSync(path).trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new Error("it does not hold a token, which is one word of ASCII");
}

/** Sends a beat. Returns why it was not sent, if it was not. */
function send(path: string, version: VlpVersion): string | undefined {
  try {
    using agent = Varta.connect(path, { version });
    // Not a terminal beat. varta-watch would report the pid as stalled even so, and
    // 0.2.0 would ignore a later process with the same pid. 0.3.0 would not.
    const outcome = agent.beat(Status.Ok);
    return outcome.kind === "sent" ? undefined : describeOutcome(outcome);
  } catch (error) {
    return (error as Error).message;
  }
}

function countedFinding(
  version: VlpVersion,
  protocol: VlpVersion | undefined,
): Finding {
  const connect = `connect with { version: ${version} }`;
  if (protocol !== undefined && protocol !== version) {
    return fail(
      "beat",
      `the observer counts version ${version} of the protocol, and rejects version ${protocol}`,
      connect,
    );
  }
  return ok(
    "beat",
    `the observer counted a beat of version ${version} from this process; it will report pid ${Deno.pid} as stalled, because check ends now`,
    protocol === undefined ? connect : undefined,
  );
}

function* rejectionFindings(
  version: VlpVersion,
  causes: readonly Cause[],
): Generator<Finding> {
  const problem = `the observer did not count a beat of version ${version}`;
  if (causes.length === 0) {
    yield fail(
      "beat",
      `${problem} from this process, and no counter says why`,
      "make sure that the metrics are those of this observer, and run check again, because an earlier process with the same pid may have sent higher nonces",
    );
  }
  for (const { counter, message, advice } of causes) {
    yield fail("beat", `${problem}: ${message} (${counter})`, advice);
  }
}
