import { assert, assertEquals, assertMatch } from "@std/assert";
import { Cli, cliArgs, runCli } from "../support/cli.ts";
import { isEmulated } from "../support/process.ts";
import { exists } from "../support/until.ts";

Deno.test("cli demo shows beats, drops and the reconnect", async () => {
  const start = performance.now();
  const { code, stdout, stderr } = await runCli(["demo"]);
  assert(isEmulated || performance.now() - start < 10_000);
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  assertMatch(stdout, /observer {2}nonce 1 {2}Ok {2}payload 0 {2}pid \d+/);
  assertMatch(stdout, /agent +dropped: peer-gone/);
  assertMatch(stdout, /back.*\n.*sent\n.*nonce 9 {2}Ok {2}payload 100/);
  assertMatch(stdout, /Everything happened as expected/);
});

Deno.test("cli demo exits with 3 and a reason if it fails", async () => {
  const { code, stderr } = await runCli(["demo"], cliArgs());
  assertEquals(code, 3);
  assertMatch(stderr, /^\nThe demo failed: .*--allow-ffi.* exists\n$/);
});

Deno.test("cli demo leaves no socket after a signal", async () => {
  await using cli = new Cli(["demo"]);
  const path = /receives at (\S+),/.exec((await cli.readLine())!)![1];
  await cli.readLine();
  assert(exists(path));
  cli.kill("SIGINT");
  const { code, stderr } = await cli.end();
  assertEquals(code, 3);
  assertMatch(stderr, /signal ended it/);
  assert(!exists(path));
});
