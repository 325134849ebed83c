import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  causesOf,
  hasCounted,
  likelyVersion,
  type Metrics,
  MetricsError,
  parseMetrics,
  readMetrics,
} from "../../../src/cli/check/_metrics.ts";

const PAGE = `\
# HELP varta_beats_total Beats.
# TYPE varta_beats_total counter
varta_beats_total{pid="42"} 3
varta_decode_errors_total{kind="bad_version"} 0
varta_frame_auth_failures_total 1e3

not a sample
varta_timed_total{label="a } b"}  7 1700000000
`;

Deno.test("parseMetrics() returns each sample by name and labels", () => {
  assertEquals([...parseMetrics(PAGE)], [
    ['varta_beats_total{pid="42"}', 3],
    ['varta_decode_errors_total{kind="bad_version"}', 0],
    ["varta_frame_auth_failures_total", 1_000],
    ['varta_timed_total{label="a } b"}', 7],
  ]);
});

Deno.test("likelyVersion() knows the metrics of varta-watch 0.2.0", () => {
  assertEquals(likelyVersion(parseMetrics(PAGE)), 1);
  const page = `${PAGE}varta_watch_uptime_seconds 1.5\n`;
  assertEquals(likelyVersion(parseMetrics(page)), 2);
});

const metrics = (samples: Record<string, number>): Metrics =>
  new Map(Object.entries(samples));

Deno.test("hasCounted() is true if the beats of this process increase", () => {
  const beats = (count: number, pid = Deno.pid) =>
    metrics({ [`varta_beats_total{pid="${pid}"}`]: count });
  const none = metrics({});
  assert(hasCounted(none, beats(1)));
  assert(hasCounted(beats(1), beats(2)));
  assert(!hasCounted(beats(2), beats(2)));
  assert(!hasCounted(none, beats(1, 10 * Deno.pid)));
  assert(!hasCounted(none, none));
});

/** Counters that may increase, and a part of the message for the user. */
const counters: [counter: string, message: RegExp][] = [
  ['varta_decode_errors_total{kind="bad_version"}', /not read this version/],
  ['varta_decode_errors_total{kind="bad_pid"}', /no such pid/],
  ['varta_decode_errors_total{kind="bad_crc"}', /cannot decode/],
  ["varta_frame_auth_failures_total", /pid namespace/],
  ["varta_frame_namespace_mismatch_total", /pid namespace/],
  ["varta_tracker_namespace_conflict_total", /pid namespace/],
  ["varta_frame_rejected_pid_above_max_total", /pid namespace/],
  ["varta_origin_conflict_total", /another transport/],
  ["varta_io_errors_total", /uid is not the observer's/],
  ['varta_rate_limited_total{reason="global"}', /too fast/],
  ["varta_tracker_capacity_exceeded_total", /no room/],
];

for (const [counter, message] of counters) {
  Deno.test(`causesOf() explains ${counter}`, () => {
    const before = metrics({ [counter]: 1, varta_nonce_wrap_total: 1 });
    const after = metrics({ [counter]: 3, varta_nonce_wrap_total: 2 });
    const [cause, ...others] = causesOf(before, after);
    assertEquals(others, []);
    assertEquals(cause.counter, counter);
    assertMatch(cause.message, message);
    assert(cause.advice.length > 0);
    assertEquals(causesOf(after, after), []);
    assertEquals(causesOf(metrics({}), before).length, 1);
  });
}

/** An HTTP server that answers each request with the next of these. */
function serve(...answers: Response[]) {
  /** The Authorization header of each request. */
  const tokens: (string | null)[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      tokens.push(request.headers.get("authorization"));
      const answer = answers[Math.min(tokens.length, answers.length) - 1];
      return answer.clone();
    },
  );
  return {
    tokens,
    url: new URL(`http://127.0.0.1:${server.addr.port}/metrics`),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("readMetrics() sends the token, and parses the page", async () => {
  await using server = serve(new Response(PAGE));
  const page = await readMetrics({ url: server.url, token: "abc" });
  assertEquals(page.get('varta_beats_total{pid="42"}'), 3);
  await readMetrics({ url: server.url });
  assertEquals(server.tokens, ["Bearer abc", null]);
});

Deno.test("readMetrics() reads again after 405 and an empty page", async () => {
  await using server = serve(
    new Response(null, { status: 405 }),
    new Response(""),
    new Response(PAGE),
  );
  assertEquals((await readMetrics({ url: server.url })).size, 4);
  assertEquals(server.tokens.length, 3);
});

/** Answers that are no metrics, and the error. */
const refusals: [
  name: string,
  answer: Response,
  token: string,
  error: RegExp,
][] = [
  ["401", new Response("", { status: 401 }), "abc", /refuses the token.*401/],
  ["403", new Response("no", { status: 403 }), "", /without a token.*403/],
  ["404", new Response("no", { status: 404 }), "", /HTTP status 404/],
  ["HTML", new Response("<html>up 1</html>"), "", /no metrics of varta-watch/],
  [
    "a redirect",
    new Response("moved", { status: 302, headers: { location: "/" } }),
    "abc",
    /HTTP status 302/,
  ],
  ["other metrics", new Response("up 1\n"), "", /no metrics of varta-watch/],
];

for (const [name, answer, token, message] of refusals) {
  Deno.test(`readMetrics() rejects at once after ${name}`, async () => {
    await using server = serve(answer);
    const source = { url: server.url, token: token || undefined };
    const error = await assertRejects(() => readMetrics(source), MetricsError);
    assertMatch(error.message, message);
    assert(error.advice.length > 0);
    assertEquals(server.tokens.length, 1);
  });
}

Deno.test("readMetrics() sends no token to where a redirect points", async () => {
  await using other = serve(new Response(PAGE));
  await using server = serve(Response.redirect(other.url));
  const source = { url: server.url, token: "abc" };
  const error = await assertRejects(() => readMetrics(source), MetricsError);
  assertMatch(error.message, /answers with HTTP status 302$/);
  assertEquals([server.tokens, other.tokens], [["Bearer abc"], []]);
});

Deno.test("readMetrics() rejects if nothing answers", async () => {
  await using server = serve(new Response(PAGE));
  const { url } = server;
  await server[Symbol.asyncDispose]();
  const error = await assertRejects(() => readMetrics({ url }), MetricsError);
  assertMatch(error.message, /does not answer/);
});

/** Answers of a server that never lets a client have a page. */
const endless: Record<
  string,
  (request: Request) => Promise<Response> | Response
> = {
  "no answer": () => new Promise(() => {}),
  "a page without an end": () =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode("varta_beats_total 1\n"));
        },
      }),
    ),
};

for (const [name, answer] of Object.entries(endless)) {
  Deno.test(`readMetrics() rejects in time after ${name}`, async () => {
    const ended = new AbortController();
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {}, signal: ended.signal },
      answer,
    );
    const url = new URL(`http://127.0.0.1:${server.addr.port}/metrics`);
    let timer: ReturnType<typeof setTimeout>;
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error("too late")), 60_000);
    });
    const error = await assertRejects(
      () => Promise.race([readMetrics({ url }), deadline]),
      MetricsError,
    );
    clearTimeout(timer!);
    assertMatch(error.message, /does not answer/);
    ended.abort();
    await server.finished;
  });
}

Deno.test("readMetrics() needs no end of the connection after Content-Length", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = listener.accept();
  const url = new URL(`http://127.0.0.1:${listener.addr.port}/metrics?a=b`);
  const reading = readMetrics({ url, token: "abc" });
  using connection = await accepting;
  const request = new Uint8Array(1_000);
  const length = await connection.read(request);
  assertEquals(
    new TextDecoder().decode(request.subarray(0, length!)),
    `GET /metrics?a=b HTTP/1.0\r\nHost: ${url.host}\r\nAuthorization: Bearer abc\r\n\r\n`,
  );
  // In parts, as a slow network brings them.
  const parts = ["HTTP/1.0 200 OK\r\nContent-Le", "ngth: 10\r\n\r", "\nvarta_"];
  for (const part of [...parts, "x 1\n"]) {
    await connection.write(new TextEncoder().encode(part));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assertEquals([...await reading], [["varta_x", 1]]);
});

Deno.test("readMetrics() rejects what is not HTTP", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = new URL(`http://127.0.0.1:${listener.addr.port}/metrics`);
  const serving = (async () => {
    for await (const connection of listener) {
      await connection.read(new Uint8Array(1_000));
      await connection.write(new TextEncoder().encode("varta_x 1\n"));
      connection.close();
    }
  })();
  const error = await assertRejects(() => readMetrics({ url }), MetricsError);
  assertMatch(error.message, /does not answer: it does not speak HTTP$/);
  listener.close();
  await serving;
});

Deno.test("readMetrics() rejects a page that is too large", async () => {
  await using server = serve(new Response("x".repeat(5 * 2 ** 20)));
  const error = await assertRejects(
    () => readMetrics({ url: server.url }),
    MetricsError,
  );
  assertMatch(error.message, /no metrics of varta-watch: its page is larger/);
});
