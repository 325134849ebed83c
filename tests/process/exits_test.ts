import { assertEquals, assertStringIncludes } from "@std/assert";
import { TestObserver } from "../support/observer.ts";
import { MODULE, runDeno } from "../support/process.ts";
import { countDatagramSockets } from "./datagram_sockets.ts";
import { ReconnectingThread } from "./reconnecting_thread.ts";

const PATIENCE = 60_000;
const THREADS = 20;

/** What a process does last, its exit code, and what it says of it. */
const endings: [last: string, code: number, stderr: string][] = [
  ["", 0, ""],
  ["agent.reconnect();", 0, ""],
  ["setTimeout(() => agent.beat(Status.Ok), 1);", 0, ""],
  ["const timer = setInterval(() => clearInterval(timer), 1);", 0, ""],
  ["Deno.exit(3);", 3, ""],
  ["throw new Error('the last word');", 1, "Error: the last word"],
];

Deno.test("Varta keeps no process alive that leaves it open", async () => {
  using observer = new TestObserver();
  for (const [last, code, stderr] of endings) {
    const result = await runDeno(
      `import { Status, Varta } from "${MODULE}";
       globalThis.agent = Varta.connect("${observer.path}");
       agent.beat(Status.Ok);
       // It keeps no process alive, and ends one that something else does.
       Deno.unrefTimer(setTimeout(() => Deno.exit(9), ${PATIENCE}));
       ${last}`,
      ["--allow-ffi"],
    );
    assertEquals(result.code, code, last);
    assertStringIncludes(result.stderr, stderr);
  }
  assertEquals(observer.receiveAll().length, endings.length + 1);
  console.log(
    `processes with an open agent: ${endings.length}, ended by themselves: ${endings.length}`,
  );
});

Deno.test({
  name: "Varta leaves no descriptor of a thread that closes it and ends",
  ignore: Deno.build.os !== "linux",
  async fn() {
    using observer = new TestObserver();
    const before = countDatagramSockets();
    let reconnects = 0;
    for (let i = 0; i < THREADS; i++) {
      const thread = await ReconnectingThread.start(observer.path);
      await thread.end();
      reconnects += thread.reconnects;
    }
    assertEquals(countDatagramSockets(), before);
    console.log(
      `threads with an agent: ${THREADS}, reconnects: ${reconnects}, descriptors lost: 0`,
    );
  },
});
