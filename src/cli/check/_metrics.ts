import { setTimeout as delay } from "node:timers/promises";
import type { VlpVersion } from "../../frame/frame.ts";
import { type Cause, SHARE_NAMESPACE, USE_INIT } from "./_findings.ts";

/** The samples of a page of metrics, by their names with labels. */
export type Metrics = ReadonlyMap<string, number>;

/** Parses the text format of Prometheus. Ignores lines that are not samples. */
export function parseMetrics(page: string): Metrics {
  const samples = page.matchAll(
    /^([a-zA-Z_:][\w:]*(?:\{.*\})?)[ \t]+(\d\S*)/gm,
  );
  return new Map(Array.from(samples, ([, name, value]) => [
    name,
    Number(value),
  ]));
}

/** Whether the samples are those of a varta-watch. */
export function isObserver(metrics: Metrics): boolean {
  return [...metrics.keys()].some((name) => name.startsWith("varta_"));
}

/** Returns the version of the protocol that the observer probably counts. */
export function likelyVersion(metrics: Metrics): VlpVersion {
  // varta-watch 0.1.0 has no such metric.
  return metrics.has("varta_watch_uptime_seconds") ? 2 : 1;
}

/** Whether the observer has counted a beat of a process since `before`. */
export function hasCounted(
  before: Metrics,
  after: Metrics,
  pid: number,
): boolean {
  return increaseOf(`varta_beats_total{pid="${pid}"}`, before, after) > 0;
}

function increaseOf(name: string, before: Metrics, after: Metrics): number {
  return (after.get(name) ?? 0) - (before.get(name) ?? 0);
}

/** The counter of beats in a version of the protocol that is not read. */
export const BAD_VERSION = 'varta_decode_errors_total{kind="bad_version"}';

/** Why a counter of rejected datagrams increases. The first match applies. */
const causes: readonly (readonly [
  counter: RegExp,
  message: string,
  advice: string,
])[] = [
  [
    /^varta_decode_errors_total\{kind="bad_version"\}/,
    "it does not read this version",
    "connect with the other version",
  ],
  [
    /^varta_decode_errors_total\{kind="bad_pid"\}/,
    "the protocol has no such pid, which is 0 or 1",
    USE_INIT,
  ],
  [
    /^varta_decode_errors_total/,
    "it cannot decode it",
    "compare the versions of this module and of the observer",
  ],
  [
    /^varta_frame_auth_failures_total/,
    "the pid in it is not the sender's pid in the observer's pid namespace",
    SHARE_NAMESPACE,
  ],
  [
    /^varta_(frame_namespace_mismatch|tracker_namespace_conflict)_total/,
    "the sender is in another pid namespace than the observer",
    SHARE_NAMESPACE,
  ],
  [
    /^varta_frame_rejected_pid_above_max_total/,
    "the pid is above the largest pid of the observer's system",
    SHARE_NAMESPACE,
  ],
  [
    /^varta_origin_conflict_total/,
    "the observer knows the pid from another transport",
    "use one transport for each process",
  ],
  [
    /^varta_io_errors_total/,
    "the observer could not attest the sender, which is so if the sender's uid is not the observer's",
    "run this process as the observer's user; --export-file of varta-watch has the reason",
  ],
  [
    /^varta_rate_limited_total/,
    "beats arrive too fast",
    "beat less often, or raise --max-beat-rate or --global-beat-rate of varta-watch",
  ],
  [
    /^varta_tracker_capacity_exceeded_total/,
    "the observer has no room for another agent",
    "raise --tracker-capacity of varta-watch",
  ],
];

/** Returns why the observer rejected a beat, by the counters that increased. */
export function causesOf(before: Metrics, after: Metrics): Cause[] {
  return [...after.keys()].flatMap((counter): Cause[] => {
    if (increaseOf(counter, before, after) <= 0) return [];
    const cause = causes.find(([pattern]) => pattern.test(counter));
    return cause ? [{ counter, message: cause[1], advice: cause[2] }] : [];
  });
}

/** Where to read metrics. */
export interface MetricsSource {
  readonly url: string;
  readonly token?: string;
}

/** Why metrics could not be read. */
export class MetricsError extends Error {
  /** What to do. */
  readonly advice: string;
  /** Whether reading again may succeed. */
  readonly isTemporary: boolean;

  constructor(message: string, advice: string, isTemporary = false) {
    super(message);
    this.advice = advice;
    this.isTemporary = isTemporary;
  }
}

/** How long to try to read metrics, in ms. */
const READ_TIMEOUT = 3_000;

/**
 * The time between two reads, in ms. By default, varta-watch 0.2.0 answers five
 * requests per second.
 */
const READ_INTERVAL = 400;

/**
 * Reads the metrics of an observer.
 *
 * @throws {MetricsError} If the metrics cannot be read.
 */
export async function readMetrics(source: MetricsSource): Promise<Metrics> {
  for (const start = performance.now();;) {
    try {
      return await readOnce(source);
    } catch (error) {
      const isTemporary = error instanceof MetricsError && error.isTemporary;
      if (!isTemporary || performance.now() - start > READ_TIMEOUT) throw error;
    }
    await delay(READ_INTERVAL);
  }
}

async function readOnce({ url, token }: MetricsSource): Promise<Metrics> {
  let status: number;
  let page: string;
  try {
    const response = await fetch(url, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      // varta-watch has no redirects, and Deno before 2.1.2 would send the token to
      // another host.
      redirect: "manual",
      signal: AbortSignal.timeout(READ_TIMEOUT),
    });
    status = response.status;
    page = await readPage(response);
  } catch (error) {
    if (error instanceof RangeError) {
      throw new MetricsError(
        `${url} has no metrics of varta-watch: ${error.message}`,
        "correct the URL, which must be the /metrics of the observer at the socket",
      );
    }
    throw new MetricsError(
      `${url} does not answer: ${(error as Error).message}`,
      "correct the URL, or start the observer with --prom-addr",
      true,
    );
  }
  if (status === 401 || status === 403) {
    throw new MetricsError(
      `${url} refuses ${
        token === undefined ? "a request without a token" : "the token"
      }, with HTTP status ${status}`,
      "pass the file of the observer's --prom-token-file as --token-file",
    );
  }
  const metrics = parseMetrics(page);
  if (status === 200 && isObserver(metrics)) return metrics;
  throw new MetricsError(
    status === 200
      ? `${url} has no metrics of varta-watch`
      : `${url} answers with HTTP status ${status}`,
    "correct the URL, which must be the /metrics of the observer at the socket",
    // If varta-watch 0.2.0 accepts a connection before the request has arrived, it
    // answers 405, and then has an empty page for a second.
    status === 405 || status === 200 && page === "",
  );
}

/** The largest page of metrics that is read, in bytes. */
const MAX_PAGE_LENGTH = 4 * 2 ** 20;

async function readPage(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let page = "";
  let length = 0;
  for await (const bytes of response.body ?? []) {
    length += bytes.length;
    if (length > MAX_PAGE_LENGTH) {
      throw new RangeError(`its page is larger than ${MAX_PAGE_LENGTH} bytes`);
    }
    page += decoder.decode(bytes, { stream: true });
  }
  return page;
}

/**
 * The time after which metrics include a beat, in ms: varta-watch 0.2.0 renews its
 * page once a second.
 */
const RENEWAL_TIME = 1_500;

/**
 * Reads metrics until they show whether a beat of a process was counted or
 * rejected, or until the timeout.
 *
 * @throws {MetricsError} If the metrics cannot be read.
 */
export async function readResult(
  source: MetricsSource,
  before: Metrics,
  pid: number,
): Promise<Metrics> {
  for (const start = performance.now();;) {
    await delay(READ_INTERVAL);
    const elapsed = performance.now() - start;
    const after = await readMetrics(source);
    if (
      hasCounted(before, after, pid) || elapsed > READ_TIMEOUT ||
      // Until then, a rejection may be that of another process.
      elapsed > RENEWAL_TIME && causesOf(before, after).length > 0
    ) return after;
  }
}
