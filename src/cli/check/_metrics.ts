import { setTimeout as delay } from "node:timers/promises";
import type { VlpVersion } from "../../frame/frame.ts";
import { isGranted, SHARE_NAMESPACE, USE_INIT } from "./_finding.ts";

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

/** Returns the version of the protocol that the observer probably counts. */
export function likelyVersion(metrics: Metrics): VlpVersion {
  // varta-watch 0.1.0 has no such metric.
  return metrics.has("varta_watch_uptime_seconds") ? 2 : 1;
}

/** Whether the observer has counted a beat of this process since `before`. */
export function hasCounted(before: Metrics, after: Metrics): boolean {
  return increaseOf(`varta_beats_total{pid="${Deno.pid}"}`, before, after) > 0;
}

function increaseOf(name: string, before: Metrics, after: Metrics): number {
  return (after.get(name) ?? 0) - (before.get(name) ?? 0);
}

/** The counter of beats in a version of the protocol that is not read. */
export const BAD_VERSION = 'varta_decode_errors_total{kind="bad_version"}';

/** Why an observer rejected a beat. */
export interface Cause {
  /** The counter that increased. */
  readonly counter: string;
  readonly message: string;
  readonly advice: string;
}

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
    /^varta_(frame_auth_failures|frame_namespace_mismatch|frame_rejected_pid_above_max|tracker_namespace_conflict)_total/,
    "the sender has another pid, or none, in the observer's pid namespace",
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
  readonly url: URL;
  readonly token?: string;
}

/** Returns the host of a URL, without the brackets of an IPv6 address, and the port. */
export function addressOf({ protocol, hostname, port }: URL) {
  return {
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port || (protocol === "https:" ? 443 : 80)),
  };
}

/** How an observer gets metrics. */
export const OFFER_METRICS =
  "start the observer with --prom-addr, which varta-watch 0.2.0 only has if it was built with --features prometheus-exporter";

/** Why metrics could not be read. */
export class MetricsError extends Error {
  constructor(
    message: string,
    /** What to do. */
    readonly advice: string,
    /** Whether reading again may succeed. */
    readonly isTemporary = false,
  ) {
    super(message);
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

async function readOnce(source: MetricsSource): Promise<Metrics> {
  const { url, token } = source;
  // Without the query, which may be a secret.
  const shown = url.origin + url.pathname;
  const correctUrl =
    "correct the URL, which must be the /metrics of the observer at the socket";
  let response: Response;
  try {
    response = await get(source);
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof RangeError) {
      throw new MetricsError(
        `${shown} has no metrics of varta-watch: ${message}`,
        correctUrl,
      );
    }
    throw new MetricsError(
      `${shown} does not answer: ${message}`,
      `correct the URL, or ${OFFER_METRICS}`,
      true,
    );
  }
  const { status, page } = response;
  if (status === 401 || status === 403) {
    throw new MetricsError(
      `${shown} refuses ${
        token === undefined ? "a request without a token" : "the token"
      }, with HTTP status ${status}`,
      "pass the file of the observer's --prom-token-file as --token-file",
    );
  }
  const metrics = parseMetrics(page);
  const isObserver = [...metrics.keys()].some((name) =>
    name.startsWith("varta_")
  );
  if (status === 200 && isObserver) return metrics;
  throw new MetricsError(
    status === 200
      ? `${shown} has no metrics of varta-watch`
      : `${shown} answers with HTTP status ${status}`,
    correctUrl,
    // If varta-watch 0.2.0 accepts a connection before the request has arrived, it
    // answers 405, and then has an empty page for a second.
    status === 405 || status === 200 && page === "",
  );
}

interface Response {
  readonly status: number;
  readonly page: string;
}

/**
 * Sends a request to the host of the URL, and nowhere else. `fetch` would send the
 * token to the proxy in HTTP_PROXY, and so would `node:http`: in Deno 2.0 always,
 * and in later releases with NODE_USE_ENV_PROXY. HTTP 1.0 is enough, because the
 * server closes the connection after its response.
 */
async function get({ url, token }: MetricsSource): Promise<Response> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`no response in ${READ_TIMEOUT / 1_000} s`)),
    READ_TIMEOUT,
  );
  try {
    using connection = await Promise.race([connect(url), timeout]);
    const lines = [
      `GET ${url.pathname}${url.search} HTTP/1.0`,
      `Host: ${url.host}`,
      ...token === undefined ? [] : [`Authorization: Bearer ${token}`],
    ];
    const request = new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`);
    await connection.write(request);
    return await Promise.race([readResponse(connection), timeout]);
  } finally {
    clearTimeout(timer);
  }
}

async function connect(url: URL): Promise<Deno.Conn> {
  const address = addressOf(url);
  if (url.protocol === "https:") return await Deno.connectTls(address);
  try {
    return await Deno.connect(address);
  } catch (error) {
    // Deno 2.5 tries only the first address of a name, which may be ::1.
    const hostname = "127.0.0.1";
    const canRetry = address.hostname === "localhost" &&
      isGranted({ name: "net", host: `${hostname}:${address.port}` });
    if (!canRetry) throw error;
    return await Deno.connect({ ...address, hostname });
  }
}

/** The largest response that is read, in bytes. */
const MAX_LENGTH = 4 * 2 ** 20;

async function readResponse(connection: Deno.Conn): Promise<Response> {
  // A character for each byte, so that the lengths are the same.
  const decoder = new TextDecoder("latin1");
  let text = "";
  let page = 0;
  for await (const bytes of connection.readable) {
    text += decoder.decode(bytes);
    if (text.length > MAX_LENGTH) {
      throw new RangeError(`its page is larger than ${MAX_LENGTH} bytes`);
    }
    page = text.indexOf("\r\n\r\n") + 4;
    // Not all servers end TLS in the way that Deno requires.
    const length = /^content-length: *(\d+)\r\n/im.exec(text.slice(0, page));
    if (length && text.length >= page + Number(length[1])) break;
  }
  const status = /^HTTP\/1\.\d (\d{3})/.exec(text)?.[1];
  if (status === undefined) throw new Error("it does not speak HTTP");
  return { status: Number(status), page: text.slice(page) };
}

/**
 * The time after which metrics include a beat, in ms: varta-watch 0.2.0 renews its
 * page once a second.
 */
const RENEWAL_TIME = 1_500;

/**
 * Reads metrics until they show whether a beat of this process was counted or
 * rejected, or until the timeout.
 *
 * @throws {MetricsError} If the metrics cannot be read.
 */
export async function readResult(
  source: MetricsSource,
  before: Metrics,
): Promise<Metrics> {
  for (const start = performance.now();;) {
    await delay(READ_INTERVAL);
    const elapsed = performance.now() - start;
    const after = await readMetrics(source);
    if (
      hasCounted(before, after) || elapsed > READ_TIMEOUT ||
      // Until then, a rejection may be that of another process.
      elapsed > RENEWAL_TIME && causesOf(before, after).length > 0
    ) return after;
  }
}
