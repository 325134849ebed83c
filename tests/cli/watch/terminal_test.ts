import { setTimeout as delay } from "node:timers/promises";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { hasProcess } from "../../../ffi/signals.ts";
import { Status, Varta } from "../../../mod.ts";
import { CLI_ARGS, runCli } from "../../support/cli.ts";
import { end, isEmulated } from "../../support/process.ts";
import "../../support/receiver.ts"; // opens the libraries
import { testUnless } from "../../support/test_unless.ts";
import { exists, until } from "../../support/until.ts";
import { missingTmux, Tmux, type TmuxOptions } from "../../support/tmux.ts";

const SHELL = { alternate: 0, cursor: 1, wrap: 1 };
const TABLE = { alternate: 1, cursor: 0, wrap: 0 };

/** Declares a test that runs in a terminal. */
function terminalTest(
  name: string,
  fn: (tmux: Tmux) => Promise<void>,
  options?: TmuxOptions,
): void {
  testUnless(missingTmux, `cli watch in a terminal ${name}`, async () => {
    await using tmux = await Tmux.open(options);
    await fn(tmux);
  });
}

/** Starts `watch`, waits for its screen, and writes its pid to the file `pid`. */
async function watch(tmux: Tmux, args = ""): Promise<string> {
  await tmux.enter(
    `sh -c 'echo $$ > pid; exec $cli watch socket ${args}'; echo code $?`,
  );
  await tmux.untilShows(/^q quit|^\d+ stalled/);
  return tmux.file("socket");
}

/** Asserts that `watch` has exited and the terminal is restored. */
async function assertRestored(
  tmux: Tmux,
  code = 0,
  command = /^sh -c/,
): Promise<void> {
  const lines = await tmux.untilShows(RegExp(`^code ${code}$`));
  assertMatch(lines[0].replace("ready> ", ""), command);
  await tmux.untilShows(/^ready>$/);
  await assertModes(tmux);
  assert(!exists(tmux.file("socket")));
}

/** Asserts that the screen and the keyboard are in the modes of the shell. */
async function assertModes(tmux: Tmux): Promise<void> {
  assertEquals(await tmux.modes(), SHELL);
  await tmux.enter("stty -a > written && mv written modes");
  const file = tmux.file("modes");
  await until("the modes are written", () => exists(file));
  const modes = Deno.readTextFileSync(file).split(/[\s;]+/);
  Deno.removeSync(file);
  for (const mode of ["echo", "icanon", "isig", "icrnl", "opost", "ixon"]) {
    assert(modes.includes(mode), `${mode} in ${modes}`);
  }
}

terminalTest("shows a table of agents in place", async (tmux) => {
  const path = await watch(tmux, "--threshold 500");
  assertEquals(await tmux.modes(), TABLE);
  const first = await tmux.untilShows(/^No beat has arrived yet/);
  assertMatch(first[3], /^No beat has arrived yet/);

  using agent = Varta.connect(path);
  const degraded = setInterval(() => agent.beat(Status.Degraded, 17), 50);
  const row = `^ *${Deno.pid} {2}`;
  const lines = await tmux.untilShows(
    RegExp(
      `${row}Degraded .*▅ .*/s +0 +17 {2}(uid \\d+ gid \\d+|-)$`,
    ),
  );
  clearInterval(degraded);
  assertEquals(lines[0], "socket");
  assertEquals(
    lines[1],
    "0 stalled, 0 Critical, 1 Degraded, 0 Ok, 0 exited",
  );
  assertMatch(
    lines[3],
    /^ *PID {2}STATE +AGE {2}LAST MINUTE +RATE +LOST +PAYLOAD {2}PEER/,
  );

  await tmux.untilShows(RegExp(`${row}stalled, Degraded +[1-9]\\.\\ds `));
  const ok = setInterval(() => agent.beat(Status.Ok), 50);
  const again = await tmux.untilShows(RegExp(`${row}Ok `));
  clearInterval(ok);
  assertEquals(again.filter((line) => line !== "").length, 5);
});

terminalTest("colors states, which are words too", async (tmux) => {
  const path = await watch(tmux);
  using agent = Varta.connect(path);
  agent.beat(Status.Critical);
  await tmux.untilShows(/\d {2}Critical/);
  const screen = (await tmux.screen("-e")).join("\n");
  assertStringIncludes(screen, "\x1b[31mCritical");
  agent.beat(Status.Ok);
  await tmux.untilShows(/\d {2}Ok /);
  assertStringIncludes((await tmux.screen("-e")).join("\n"), "\x1b[32mOk");
});

terminalTest("writes no color if NO_COLOR is set", async (tmux) => {
  const path = await watch(tmux);
  using agent = Varta.connect(path);
  agent.beat(Status.Critical);
  await tmux.untilShows(/\d {2}Critical/);
  assert(!(await tmux.screen("-e")).join("\n").includes("\x1b["));
}, { env: { NO_COLOR: "1" } });

/** Returns the pids that the table shows. */
async function pidsOn(tmux: Tmux): Promise<number[]> {
  const lines = await tmux.screen();
  return lines.flatMap((line) => /^ *(\d+) {2}\w/.exec(line)?.[1] ?? [])
    .map(Number);
}

/** Sends a beat from so many processes, one after another. */
async function beatFrom(processes: number, path: string): Promise<void> {
  for (let i = 0; i < processes; i++) {
    const payload = ["--protocol", "1", "--payload", `${2n ** 64n - 1n}`];
    await runCli(["beat", path, "--quiet", ...payload]);
  }
}

terminalTest("folds agents whose processes have gone", async (tmux) => {
  const path = await watch(tmux, "--threshold 50");
  await beatFrom(3, path);
  using agent = Varta.connect(path);
  const beating = setInterval(() => agent.beat(Status.Ok), 10);
  await tmux.untilShows(/^3 exited, last: pid \d+, gone, \d+ s ago \(e shows/);
  assertEquals(await pidsOn(tmux), [Deno.pid]);
  await tmux.press("e");
  await tmux.untilShows(/gone, Ok/);
  assertEquals((await pidsOn(tmux)).length, 4);
  await tmux.press("e");
  await tmux.untilShows(/^3 exited, .*\(e shows/);
  clearInterval(beating);
  // This process exists.
  await tmux.untilShows(/stalled, Ok/);
  assertEquals(await pidsOn(tmux), [Deno.pid]);
});

terminalTest("scrolls, sorts, filters and helps by keys", async (tmux) => {
  const path = await watch(tmux, "--threshold 60000");
  await beatFrom(5, path);
  await tmux.untilShows(/, 5 Ok,/);
  const all = (await pidsOn(tmux)).sort((a, b) => a - b);
  const shown = async (keys: string[], from: number, to: number) => {
    await tmux.press(...keys);
    await until(`the agents from ${from} to ${to}`, async () => {
      const pids = await pidsOn(tmux);
      return `${pids}` === `${all.slice(from, to)}`;
    });
  };
  await tmux.press("p");
  await tmux.untilShows(/; sorted by pid$/);
  await tmux.resize(100, 9);
  await shown(["Home"], 0, 5);
  await tmux.resize(100, 4);
  await shown([], 0, 3);
  await shown(["Down"], 1, 4);
  await shown(["j"], 2, 5);
  await shown(["Up", "k"], 0, 3);
  await shown(["PageDown"], 2, 5);
  await shown(["PageUp"], 0, 3);
  await shown(["End"], 2, 5);
  await shown(["Home"], 0, 3);

  await tmux.resize(100, 20);
  await tmux.press("/");
  await tmux.type(`${all[3]}`);
  await tmux.untilShows(RegExp(`^Filter by pid or name: ${all[3]}_`));
  await shown(["Enter"], 3, 4);
  await tmux.untilShows(RegExp(`^filter "${all[3]}"`));
  await shown(["Escape"], 0, 5);

  await tmux.press("?");
  await tmux.untilShows(/^PageUp, PageDown {2}scroll by one page$/);
  await shown(["?"], 0, 5);
});

terminalTest("shows the essentials in a small window", async (tmux) => {
  const path = await watch(tmux, "--threshold 300");
  await beatFrom(1, path);
  using agent = Varta.connect(path);
  agent.beat(Status.Degraded);
  await tmux.untilShows(/stalled, Degraded/);
  await tmux.resize(30, 5);
  // The terminal cuts lines itself until the next screen.
  await until("a screen of 30 columns", async () => {
    const lines = (await tmux.screen()).filter((line) => line !== "");
    return lines.length >= 2 && lines.length <= 3 &&
      /^\d stalled, 0 Critical, 0 Degr…$/.test(lines[0]) &&
      lines.slice(1).every((line) => /^ *\d+ {2}stalled +\S+s$/.test(line));
  });
});

/** The name of this process; `undefined` if the system has no `/proc`. */
const comm = exists("/proc/self/comm")
  ? Deno.readTextFileSync("/proc/self/comm").trim()
  : undefined;

if (comm !== undefined) {
  terminalTest("shows names of processes with -A", async (tmux) => {
    const path = await watch(tmux);
    using agent = Varta.connect(path);
    agent.beat(Status.Ok);
    await tmux.untilShows(RegExp(`^ *${Deno.pid} {2}${comm} +Ok `));
    await tmux.untilShows(/^ *PID {2}NAME +STATE /);
  }, { permissions: ["-A"] });
}

if (comm !== undefined && !isEmulated) {
  terminalTest("escapes control characters in a name", async (tmux) => {
    const path = await watch(tmux);
    // A process has the name of the file that is executed.
    const program = tmux.file("a\x1b[2J\n\u202eb");
    Deno.symlinkSync(Deno.execPath(), program);
    const agent = new Deno.Command(program, {
      args: [...CLI_ARGS, "beat", path, "--interval", "100", "--quiet"],
      stdin: "null",
    }).spawn();
    try {
      await tmux.untilShows(/ a\\u\{1b\}\[2J\\u\{a\}\\u\{202e\}b +Ok /);
    } finally {
      await end(agent);
    }
  }, { permissions: ["-A"] });
}

// No release of Deno reads /proc with the second of these yet.
for (const grant of ["--allow-ffi", "--allow-ffi --allow-read=/proc"]) {
  terminalTest(`never asks for a permission with ${grant}`, async (tmux) => {
    // Without --no-prompt.
    await tmux.enter('eval "$deno run $grant $main watch socket"');
    await tmux.untilShows(/^No beat/);
    using agent = Varta.connect(tmux.file("socket"));
    agent.beat(Status.Ok);
    await tmux.untilShows(RegExp(`^ *${Deno.pid} {2}Ok `));
    // Names are read with the first screen that has the agent.
    agent.beat(Status.Degraded);
    const lines = await tmux.untilShows(RegExp(`^ *${Deno.pid} {2}Degraded `));
    assert(!lines.join("").includes("Allow?"), lines.join("\n"));
  }, {
    env: {
      grant,
      deno: Deno.execPath(),
      main: import.meta.resolve("../../../src/cli/main.ts"),
    },
  });
}

const environment = ["--allow-ffi", "--allow-env=TERM,LC_ALL,LC_CTYPE,LANG"];

for (const locale of ["C", "de_DE.ISO-8859-1"]) {
  terminalTest(`uses only ASCII in the locale ${locale}`, async (tmux) => {
    const path = await watch(tmux);
    using agent = Varta.connect(path);
    agent.beat(Status.Ok);
    const lines = await tmux.untilShows(/ Ok .* - /);
    assertMatch(lines.join(""), /^[ -~]+$/);
  }, { permissions: environment, env: { LC_ALL: locale, LANG: "C.UTF-8" } });
}

terminalTest(
  "uses only ASCII if a character takes three columns",
  async (tmux) => {
    await watch(tmux);
    await tmux.untilShows(/↑↓/);
    // The terminal's own reply was first, so this is a key of no meaning.
    await tmux.type("\x1b[1;4R");
    await tmux.press("?");
    await tmux.untilShows(/^↑ ↓/);
  },
);

terminalTest("prints lines if TERM is dumb", async (tmux) => {
  await tmux.enter("$cli watch socket; echo code $?");
  await until("the socket exists", () => exists(tmux.file("socket")));
  using agent = Varta.connect(tmux.file("socket"));
  agent.beat(Status.Ok);
  await tmux.untilShows(/Z beat {5}pid=/);
  assertEquals(await tmux.modes(), SHELL);
  await tmux.press("C-c");
  await tmux.untilShows(/code 0$/);
}, { permissions: environment, env: { TERM: "dumb" } });

terminalTest("redraws at most ten times a second", async (tmux) => {
  const path = await watch(tmux);
  using agent = Varta.connect(path);
  await tmux.record();
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
  const screens = output.split("\x1b[H").length - 1;
  assert(screens >= 2 && screens <= 10 * seconds + 1, `${screens} screens`);
});

terminalTest("does not collect screens while Ctrl-S stops it", async (tmux) => {
  // With a keyboard, watch gets this key itself.
  const path = await watch(tmux, "< /dev/null");
  using agent = Varta.connect(path);
  await tmux.record();
  await tmux.press("C-s");
  const start = performance.now();
  let beats = 0;
  while (performance.now() - start < 3_000) {
    agent.beat(Status.Ok, beats++);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await tmux.press("C-q");
  await tmux.untilShows(RegExp(` ${beats - 1} {2}`));
  const output = Deno.readTextFileSync(tmux.file("output"));
  // A terminal has a buffer for a few screens.
  const screens = output.split("\x1b[H").length - 1;
  assert(screens < 15, `${screens} screens`);
});

for (const key of ["q", "C-c", "C-\\"]) {
  terminalTest(`is restored at the key ${key}`, async (tmux) => {
    await watch(tmux);
    await tmux.press("a", "b", "c", key);
    await assertRestored(tmux);
  });
}

for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"] as const) {
  terminalTest(`is restored at ${signal}`, async (tmux) => {
    await watch(tmux);
    Deno.kill(Number(Deno.readTextFileSync(tmux.file("pid"))), signal);
    await assertRestored(tmux);
  });
}

terminalTest(
  "is restored by a signal before the terminal answers",
  async (tmux) => {
    const terminal = await tmux.pid();
    const entered = tmux.enter(
      `kill -STOP ${terminal}; sh -c 'echo $$ > pid; exec $cli watch socket'; echo code $?`,
    );
    try {
      await until("the socket exists", () => exists(tmux.file("socket")));
      // By then, the terminal should have been asked whether it shows Unicode.
      await delay(100);
      Deno.kill(Number(Deno.readTextFileSync(tmux.file("pid"))), "SIGINT");
      await delay(100);
    } finally {
      Deno.kill(terminal, "SIGCONT");
    }
    await entered;
    await assertRestored(tmux, 0, /^kill/);
  },
);

for (const place of ["in a timer", "in a promise", "in a screen"]) {
  terminalTest(`is restored after a defect ${place}`, async (tmux) => {
    await tmux.enter(
      `${"$"}{deno} run --no-config --allow-ffi $defect "${place}"; echo code $?`,
    );
    await tmux.untilShows(/^q quit/);
    await assertRestored(tmux, 3, /^\$\{deno\} run/);
    assert((await tmux.screen()).includes("a defect"));
  }, {
    env: {
      deno: Deno.execPath(),
      defect: import.meta.resolve("./programs/defect.ts"),
    },
  });
}

terminalTest("ends when the terminal closes", async (tmux) => {
  const path = await watch(tmux);
  const pid = Number(Deno.readTextFileSync(tmux.file("pid")));
  assert(hasProcess(pid));
  await tmux.close();
  await until("the socket is removed", () => !exists(path));
  await until("the process has ended", () => !hasProcess(pid));
});

terminalTest("leaves a summary on the screen", async (tmux) => {
  const path = await watch(tmux);
  using agent = Varta.connect(path);
  agent.beat(Status.Ok);
  await tmux.untilShows(/\d {2}Ok /);
  await tmux.press("q");
  const lines = await tmux.untilShows(/^code 0$/);
  assertMatch(
    lines.join("\n"),
    /^Watched socket for \d+\.\ds: 1 agent, 1 beat, 0 lost, 0 stalls, 0 rejected\ncode 0$/m,
  );
});

terminalTest("is restored while many beats arrive", async (tmux) => {
  const path = await watch(tmux);
  using agent = Varta.connect(path);
  const beating = setInterval(() => agent.beat(Status.Ok), 1);
  await tmux.untilShows(/\d {2}Ok /);
  await tmux.press("q");
  await tmux.untilShows(/^code 0$/);
  clearInterval(beating);
  await assertRestored(tmux);
});

terminalTest("is restored while Ctrl-Z stops it", async (tmux) => {
  const path = await watch(tmux);
  using agent = Varta.connect(path);
  for (let i = 0; i < 2; i++) {
    await tmux.press("C-z");
    // The shell reads the keyboard only when watch is stopped.
    await until("the shell's prompt", async () => {
      const lines = (await tmux.screen()).filter((line) => line !== "");
      return lines.at(-1) === "ready>";
    });
    await assertModes(tmux);
    await tmux.enter("fg");
    await tmux.untilShows(/^\d+ stalled/);
    assertEquals(await tmux.modes(), TABLE);
    agent.beat(Status.Ok, i);
    await tmux.untilShows(RegExp(`\\d {2}Ok .* ${i} `));
  }
  await tmux.press("q");
  await until(
    "the shell's modes",
    async () => (await tmux.modes()).alternate === 0,
  );
  assertEquals(await tmux.modes(), SHELL);
  await until("the socket is removed", () => !exists(path));
});

terminalTest(
  "is not changed with --json or an error",
  async (tmux) => {
    await tmux.enter("$cli watch socket --json; echo code $?");
    await until("the socket exists", () => exists(tmux.file("socket")));
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

terminalTest("works without a keyboard", async (tmux) => {
  await tmux.enter("$cli watch socket < /dev/null; echo code $?");
  await tmux.untilShows(/^0 stalled/);
  await tmux.press("C-c");
  await tmux.untilShows(/^code 0$/);
  assertEquals(await tmux.modes(), SHELL);
});
