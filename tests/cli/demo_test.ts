import { assert, assertEquals, assertMatch } from "@std/assert";
import { isEmulated, runDeno } from "../support/process.ts";

const DEMO = new URL("../../src/demo.ts", import.meta.url).href;

Deno.test("demo.ts shows beats, drops and the reconnect, and ends by itself with 0", async () => {
  const start = performance.now();
  const { code, stdout, stderr } = await runDeno(`import "${DEMO}";`, [
    "--allow-ffi",
  ]);
  assert(isEmulated || performance.now() - start < 10_000);
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  assertMatch(stdout, /observer {2}nonce 1 {2}Ok {2}payload 0 {2}pid \d+/);
  assertMatch(stdout, /agent +dropped: peer-gone/);
  assertMatch(stdout, /back.*\n.*sent\n.*nonce 9 {2}Ok {2}payload 100/);
  assertMatch(stdout, /All of it happened as it should/);
});

Deno.test("demo.ts ends with 1 and a reason where it cannot show it", async () => {
  const { code, stderr } = await runDeno(`import "${DEMO}";`);
  assertEquals(code, 1);
  assertMatch(stderr, /^The demo failed: .*--allow-ffi.* exists$/);
});
