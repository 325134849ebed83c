import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { Status, Varta } from "../../mod.ts";
import { runCli } from "../support/cli.ts";
import { exists, until } from "../support/until.ts";
import { missingTmux, Tmux, type TmuxOptions } from "../support/tmux.ts";

if (missingTmux) {
  console.log(`tests in a terminal: left out, since ${missingTmux}`);
}

const SHELL = { alternate: 0, cursor: 1, wrap: 1 };
const TABLE = { alternate: 1, cursor: 0, wrap: 0 };

/** Runs a test in a terminal, where there are any. */
function terminalTest(
  name: string,
  fn: (tmux: Tmux) => Promise<void>,
  options?: TmuxOptions,
): void {
  Deno.test({
    name: `cli watch in a terminal ${name}`,
    ignore: missingTmux !== undefined,
    async fn() {
      await using tmux = await Tmux.open(options);
      await fn(tmux);
    },
  });
}

/** Starts `watch`, and waits for its screen. Its process id is in the file `pid`. */
async function watch(tmux: Tmux, args = ""): Promise<string> {
  await tmux.enter(
    `sh -c 'echo $$ > pid; exec $cli watch socket ${args}'; echo code $?`,
  );
  await tmux.untilShows(/^q or Ctrl-C ends|^\d+ agent/);
  return tmux.file("socket");
}

/** The terminal is the shell's again: its text, its cursor, its keyboard. */
async function assertRestored(tmux: Tmux, code = 0): Promise<void> {
  const lines = await tmux.untilShows(RegExp(`^code ${code}$`));
  assertMatch(lines[0], /^ready> sh -c/);
  await tmux.untilShows(/^ready>$/);
  assertEquals(await tmux.modes(), SHELL);
  await tmux.enter("stty -a > modes; echo done");
  await tmux.untilShows(/^done$/);
  const modes = Deno.readTextFileSync(tmux.file("modes")).split(/[\s;]+/);
  for (const mode of ["echo", "icanon", "isig", "icrnl", "opost", "ixon"]) {
    assert(modes.includes(mode), `${mode} in ${modes}`);
  }
  assert(!exists(tmux.file("socket")));
}

terminalTest("shows a table of agents in place", async (tmux) => {
  const path = await watch(tmux, "--threshold 500");
  assertEquals(await tmux.modes(), TABLE);
  const first = await tmux.untilShows(/^No beat has come yet/);
  assertMatch(first[3], /^No beat has come yet/);

  using agent = Varta.connect(path);
  const degraded = setInterval(() => agent.beat(Status.Degraded, 17), 50);
  const row = `^ *${Deno.pid} {2}`;
  const lines = await tmux.untilShows(
    RegExp(`${row}beating {2}Degraded .*/s +0 +17 {2}(uid \\d+ gid \\d+|-)$`),
  );
  clearInterval(degraded);
  assertEquals(lines[0], "socket");
  assertEquals(lines[1], "1 agent: 1 beating, 0 stalled, 0 ended");
  assertMatch(
    lines[3],
    /^ *PID {2}STATE {4}STATUS +AGE +RATE +LOST +PAYLOAD {2}PEER/,
  );

  await tmux.untilShows(RegExp(`${row}stalled {2}Degraded +[1-9]\\.\\ds `));
  const ok = setInterval(() => agent.beat(Status.Ok), 50);
  const again = await tmux.untilShows(RegExp(`${row}beating {2}Ok `));
  clearInterval(ok);
  assertEquals(again.filter((line) => line !== "").length, 5);
});

terminalTest("colors states and statuses", async (tmux) => {
  const path = await watch(tmux);
  using agent = Varta.connect(path);
  agent.beat(Status.Critical);
  await tmux.untilShows(/beating {2}Critical/);
  const screen = (await tmux.screen("-e")).join("\n");
  assertStringIncludes(screen, "\x1b[32mbeating");
  assertStringIncludes(screen, "\x1b[31mCritical");
});

terminalTest("writes no color where NO_COLOR is set", async (tmux) => {
  const path = await watch(tmux);
  using agent = Varta.connect(path);
  agent.beat(Status.Critical);
  await tmux.untilShows(/beating {2}Critical/);
  assert(!(await tmux.screen("-e")).join("\n").includes("\x1b["));
}, { env: { NO_COLOR: "1" } });

terminalTest(
  "cuts rows, and says what is not shown, as the window changes",
  async (tmux) => {
    const path = await watch(tmux);
    const payload = `${2n ** 64n - 1n}`;
    for (let i = 0; i < 4; i++) {
      await runCli(["beat", path, "--payload", payload]);
    }
    await tmux.untilShows(RegExp(` ${payload} `));
    await tmux.resize(30, 20);
    // The terminal cuts what it shows, until the next picture comes.
    await until("a picture of 30 columns", async () => {
      const lines = (await tmux.screen()).filter((line) => line !== "");
      const agents = lines.filter((line) => /\w {2}Ok +\d/.test(line));
      return agents.length === 4 && lines.length === 8 &&
        lines.every((line) => line.length <= 30);
    });

    await tmux.resize(100, 8);
    const low = await tmux.untilShows(/^4 agents, 2 not shown: /);
    assertEquals(low.filter((line) => line.includes(payload)).length, 2);
    await tmux.resize(100, 20);
    await tmux.untilShows(/^4 agents: /);
  },
);

terminalTest("redraws at most ten times a second", async (tmux) => {
  const path = await watch(tmux);
  using agent = Varta.connect(path);
  await tmux.record("output");
  const start = performance.now();
  let beats = 0;
  while (performance.now() - start < 2_000) {
    agent.beat(Status.Ok, beats++);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await tmux.press("q");
  await tmux.untilShows(/^code 0$/);
  const seconds = (performance.now() - start) / 1_000;
  const output = Deno.readTextFileSync(tmux.file("output"));
  const pictures = output.split("\x1b[H").length - 1;
  console.log(`pictures of ${beats} beats in ${seconds} s: ${pictures}`);
  assert(pictures >= 2 && pictures <= 10 * seconds + 1, `${pictures}`);
});

for (const key of ["q", "C-c", "C-\\"]) {
  terminalTest(`gives it back at the key ${key}`, async (tmux) => {
    await watch(tmux);
    await tmux.press("a", "b", "c", key);
    await assertRestored(tmux);
  });
}

for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"] as const) {
  terminalTest(`gives it back at ${signal}`, async (tmux) => {
    await watch(tmux);
    Deno.kill(Number(Deno.readTextFileSync(tmux.file("pid"))), signal);
    await assertRestored(tmux);
  });
}

terminalTest("gives it back while beats come fast", async (tmux) => {
  const path = await watch(tmux);
  using agent = Varta.connect(path);
  const beating = setInterval(() => agent.beat(Status.Ok), 1);
  await tmux.untilShows(/beating/);
  await tmux.press("q");
  await tmux.untilShows(/^code 0$/);
  clearInterval(beating);
  await assertRestored(tmux);
});

terminalTest("gives it back while Ctrl-Z stops it", async (tmux) => {
  const path = await watch(tmux);
  using agent = Varta.connect(path);
  for (let i = 0; i < 2; i++) {
    await tmux.press("C-z");
    // Only once it is stopped does the shell read the keyboard.
    await until("the shell's prompt", async () => {
      const lines = (await tmux.screen()).filter((line) => line !== "");
      return lines.at(-1) === "ready>";
    });
    assertEquals(await tmux.modes(), SHELL);
    await tmux.enter(`echo mine ${i}`);
    await tmux.untilShows(RegExp(`^mine ${i}$`));
    await tmux.enter("fg");
    await tmux.untilShows(/^\d+ agent/);
    assertEquals(await tmux.modes(), TABLE);
    agent.beat(Status.Ok, i);
    await tmux.untilShows(RegExp(`beating {2}Ok .* ${i} `));
  }
  await tmux.press("q");
  await until(
    "the shell's modes",
    async () => (await tmux.modes()).alternate === 0,
  );
  assertEquals(await tmux.modes(), SHELL);
  await until("the socket is gone", () => !exists(path));
});

terminalTest(
  "is left alone by --json, and where it cannot receive",
  async (tmux) => {
    await tmux.enter("$cli watch socket --json; echo code $?");
    await until("the socket is there", () => exists(tmux.file("socket")));
    using agent = Varta.connect(tmux.file("socket"));
    agent.beat(Status.Ok);
    await tmux.untilShows(/^\{"time":".*"event":"beat"/);
    assertEquals(await tmux.modes(), SHELL);
    await tmux.press("C-c");
    await tmux.untilShows(/code 0$/);

    await tmux.enter("clear; $cli watch /dev/null; echo code $?");
    const lines = await tmux.untilShows(/^code 3$/);
    assert(lines.some((line) => line.startsWith('Cannot bind to "/dev/null"')));
    assertEquals(await tmux.modes(), SHELL);
  },
);

terminalTest("needs no keyboard", async (tmux) => {
  await tmux.enter("$cli watch socket < /dev/null; echo code $?");
  await tmux.untilShows(/^0 agents/);
  await tmux.press("C-c");
  await tmux.untilShows(/^code 0$/);
  assertEquals(await tmux.modes(), SHELL);
});
