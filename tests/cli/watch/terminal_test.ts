import { setTimeout as delay } from "node:timers/promises";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { inspectProcess } from "../../../ffi/process/proc.ts";
import { Status, Varta } from "../../../mod.ts";
import { CLI_ARGS, runCli } from "../../support/cli.ts";
import { end, isEmulated } from "../../support/process.ts";
import "../../support/receiver.ts"; // opens the libraries
import { testUnless } from "../../support/test_unless.ts";
import { exists, until } from "../../support/until.ts";
import { missingTmux, Tmux, type TmuxOptions } from "../../support/tmux.ts";

// Up to Deno 2.7, a library that a test opens is a leak of that test.
inspectProcess(Deno.pid);

const SHELL = { alternate: 0, cursor: 1, wrap: 1 };
const TABLE = { alternate: 1, cursor: 0, wrap: 0 };

/** The name of this process; `undefined` if the system has no `/proc`. */
const comm = exists("/proc/self/comm")
  ? Deno.readTextFileSync("/proc/self/comm").trim()
  : undefined;

/** The beginning of the row of this process. */
const row = `^ *${Deno.pid} {2}${comm ? `${comm.slice(0, 16)} +` : ""}`;

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
  const lines = await tmux.untilShows(
    RegExp(
      `${row}Degraded .*▅ +0 +\\S+/s +0 +17 {2}(uid \\d+ gid \\d+|-)$`,
    ),
  );
  clearInterval(degraded);
  assertEquals(lines[0], "0 stalled, 0 gone, 1 Degraded, 0 Ok");
  assertEquals(lines[1], "socket, threshold 0.5s");
  assertMatch(
    lines[3],
    /^ *PID( {2}NAME)? +STATE +AGE {2}LAST MINUTE {2}STALLS +RATE +LOST +PAYLOAD {2}PEER/,
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
  await tmux.untilShows(/ Critical /);
  const screen = (await tmux.screen("-e")).join("\n");
  assertStringIncludes(screen, "\x1b[31mCritical");
  agent.beat(Status.Ok);
  await tmux.untilShows(/ {2}Ok /);
  assertStringIncludes((await tmux.screen("-e")).join("\n"), "\x1b[32mOk");
});

terminalTest("writes no color if NO_COLOR is set", async (tmux) => {
  const path = await watch(tmux);
  using agent = Varta.connect(path);
  agent.beat(Status.Critical);
  await tmux.untilShows(/ Critical /);
  assert(!(await tmux.screen("-e")).join("\n").includes("\x1b["));
}, { env: { NO_COLOR: "1" } });

/** Returns the pids that the table shows. */
async function pidsOn(tmux: Tmux): Promise<number[]> {
  const lines = await tmux.screen();
  return lines.flatMap((line) => /^ *(\d+) {2}\S/.exec(line)?.[1] ?? [])
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
  const path = await watch(tmux, "--threshold 500");
  await beatFrom(3, path);
  using agent = Varta.connect(path);
  const beating = setInterval(() => agent.beat(Status.Ok), 50);
  await tmux.untilShows(
    /^3 gone, the last: .+ \d+, \d+ s ago; 0 ended \(e shows/,
  );
  await tmux.untilShows(/^0 stalled, 3 gone, 1 Ok$/);
  const shown = async (count: number) => {
    await until(`${count} agents`, async () => {
      const pids = await pidsOn(tmux);
      return pids.length === count && pids[0] === Deno.pid;
    });
  };
  await shown(4);
  await tmux.press("e");
  await tmux.untilShows(/^3 gone, .*\(e hides/);
  await tmux.press("e");
  await tmux.untilShows(/^3 gone, .*\(e shows/);
  clearInterval(beating);
  // This process exists.
  await tmux.untilShows(/stalled, Ok/);
});

/** Starts an agent of another process, in the shell of the terminal. */
function startAgent(path: string, program = Deno.execPath()) {
  return new Deno.Command(program, {
    args: [...CLI_ARGS, "beat", path, "--interval", "100", "--quiet"],
    stdin: "null",
  }).spawn();
}

terminalTest(
  "shows who was killed, by name, at the threshold",
  async (tmux) => {
    const path = await watch(tmux, "--threshold 1500");
    const agent = startAgent(path);
    await tmux.untilShows(RegExp(`^ *${agent.pid} .* Ok `));
    const start = performance.now();
    await end(agent);
    const lines = await tmux.untilShows(/^0 stalled, 1 gone, 0 Ok$/);
    const seconds = (performance.now() - start) / 1_000;
    assertMatch(
      lines.join("\n"),
      RegExp(`^ *${agent.pid} {2}${comm ? "deno +" : ""}gone, Ok `, "m"),
    );
    // A screen of an emulator is late.
    assert(seconds > 1.3 && (seconds < 15 || isEmulated), `${seconds} s`);
    assertStringIncludes(
      (await tmux.screen("-e")).join("\n"),
      "\x1b[31m1 gone",
    );
  },
);

if (comm !== undefined) {
  terminalTest("shows that a zombie is gone", async (tmux) => {
    const path = await watch(tmux, "--threshold 500");
    // The program that replaces the shell never waits for its child.
    const shell = new Deno.Command("sh", {
      args: [
        "-c",
        '"$0" "$@" & exec sleep 120',
        ...[Deno.execPath(), ...CLI_ARGS, "beat", path, "--quiet"],
      ],
      stdin: "null",
    }).spawn();
    try {
      await tmux.untilShows(/ 1 gone, /);
    } finally {
      await end(shell);
    }
  });
}

terminalTest("says that all beats of an agent are rejected", async (tmux) => {
  const path = await watch(tmux, "--threshold 500");
  using first = Varta.connect(path, { nonce: "clock" });
  first.beat(Status.Ok);
  using second = Varta.connect(path);
  const beating = setInterval(() => second.beat(Status.Ok), 50);
  await tmux.untilShows(RegExp(`${row}rejected, OutOfOrder `));
  const lines = await tmux.untilShows(/^0 stalled, 0 gone, 1 rejected, 0 Ok$/);
  assertMatch(
    lines[2],
    RegExp(`^\\d+ rejected: pid ${Deno.pid} .*\\d+ OutOfOrder$`),
  );
  clearInterval(beating);
  await tmux.untilShows(/^1 stalled, 0 gone, 0 Ok$/);
});

terminalTest("marks a stall that is shorter than a cell", async (tmux) => {
  const path = await watch(tmux, "--threshold 300");
  using agent = Varta.connect(path);
  agent.beat(Status.Ok);
  await tmux.untilShows(RegExp(`${row}stalled, Ok `));
  const beating = setInterval(() => agent.beat(Status.Ok), 20);
  await tmux.untilShows(RegExp(`${row}Ok .*! +1 `));
  clearInterval(beating);
});

terminalTest("says that the socket's file was removed", async (tmux) => {
  const path = await watch(tmux);
  using agent = Varta.connect(path);
  Deno.removeSync(path);
  await tmux.untilShows(
    /^The socket's file was removed: no new agent finds it/,
  );
  // The agents that are connected still are.
  agent.beat(Status.Ok);
  await tmux.untilShows(/ 1 Ok$/);
});

terminalTest("says that it was late, and what that means", async (tmux) => {
  // A shell between them, so that the first one does not notice the stop.
  await tmux.enter(
    "sh -c 'sh -c \"echo \\$\\$ > pid; exec $cli watch socket\"; true'",
  );
  await tmux.untilShows(/^0 stalled/);
  using agent = Varta.connect(tmux.file("socket"));
  const pid = Number(Deno.readTextFileSync(tmux.file("pid")));
  Deno.kill(pid, "SIGSTOP");
  // Until the kernel's queue is full, if it is.
  for (let i = 0; i < 20; i++) agent.beat(Status.Ok);
  await delay(2_000);
  Deno.kill(pid, "SIGCONT");
  await tmux.untilShows(/^beats that are lost here are not lost by the agents/);
  await tmux.untilShows(/^watch was [1-9]\.\ds late, \d+ s ago/);
  if (comm === undefined) return;
  const limit = Deno.readTextFileSync("/proc/sys/net/unix/max_dgram_qlen");
  if (Number(limit) > 19) return;
  const lines = await tmux.untilShows(
    /; the kernel's queue was full once, last \d+ s ago:$/,
  );
  assertEquals(
    lines[4],
    `The limit is net.unix.max_dgram_qlen (${limit.trim()}) at the start.`,
  );
});

terminalTest("keeps the order after Space, until Space", async (tmux) => {
  const path = await watch(tmux, "--threshold 60000");
  await beatFrom(2, path);
  await tmux.untilShows(/ 2 Ok$/);
  await tmux.press("Space");
  await tmux.untilShows(/, order frozen$/);
  using agent = Varta.connect(path);
  agent.beat(Status.Critical);
  await tmux.untilShows(/ Critical /);
  const frozen = await pidsOn(tmux);
  assertEquals(frozen.length, 3);
  assertEquals(frozen[2], Deno.pid);
  await tmux.press("Space");
  await until(
    "this agent is first",
    async () => (await pidsOn(tmux))[0] === Deno.pid,
  );
});

terminalTest("rings once for each stall or death with --bell", async (tmux) => {
  const path = await watch(tmux, "--threshold 500 --bell");
  await tmux.record();
  using agent = Varta.connect(path);
  agent.beat(Status.Ok);
  await tmux.untilShows(/^1 stalled/);
  await beatFrom(1, path);
  await tmux.untilShows(/^1 stalled, 1 gone/);
  await tmux.press("q");
  await tmux.untilShows(/^code 0$/);
  const output = Deno.readTextFileSync(tmux.file("output"));
  assertEquals(output.split("\x07").length - 1, 2);
});

terminalTest(
  "writes the JSON lines to a file beside the table",
  async (tmux) => {
    Deno.writeTextFileSync(tmux.file("log"), "before\n");
    const path = await watch(tmux, "--threshold 500 --log log");
    using agent = Varta.connect(path);
    agent.beat(Status.Ok);
    await tmux.untilShows(/^1 stalled/);
    await tmux.press("q");
    await tmux.untilShows(/^code 0$/);
    const [before, ...lines] = Deno.readTextFileSync(tmux.file("log")).trim()
      .split("\n");
    assertEquals(before, "before");
    const events = lines.map((line) => JSON.parse(line));
    assertEquals(events.map(({ event }) => event), ["beat", "stalled"]);
    assertEquals(events[1].name, comm);
  },
  { permissions: ["--allow-ffi", "--allow-write=log"] },
);

if (exists("/dev/full")) {
  terminalTest("goes on if the log cannot be written", async (tmux) => {
    const path = await watch(tmux, "--log /dev/full");
    using agent = Varta.connect(path);
    agent.beat(Status.Ok);
    await tmux.untilShows(/^Cannot write an event to "\/dev\/full": No space/);
    agent.beat(Status.Degraded);
    await tmux.untilShows(/ Degraded /);
  }, { permissions: ["-A"] });
}

terminalTest(
  "assumes 80 columns if the terminal reports none",
  async (tmux) => {
    await tmux.enter("stty rows 0 columns 0; $cli watch socket");
    await tmux.untilShows(/^No beat/);
    await tmux.press("?");
    await tmux.untilShows(/^\d+-\d+ of \d+ {2}q close help/);
  },
);

terminalTest("writes only the rows that have changed", async (tmux) => {
  const path = await watch(tmux, "--threshold 60000");
  using agent = Varta.connect(path);
  agent.beat(Status.Ok, 1);
  await tmux.untilShows(/ Ok /);
  await tmux.record();
  await delay(1_000);
  agent.beat(Status.Ok, 777);
  await tmux.untilShows(/ 777 /);
  await delay(500);
  await tmux.press("?");
  await tmux.untilShows(/^PageUp/);
  const [rows] = Deno.readTextFileSync(tmux.file("output")).split("PageUp");
  // The agent is in the fifth row, and only its row changes each time.
  assert(rows.split("\x1b[5H").length > 3);
  assert(!rows.includes("threshold") && !rows.includes("LAST MINUTE"));
});

terminalTest("scrolls, sorts, filters and helps by keys", async (tmux) => {
  const path = await watch(tmux, "--threshold 60000");
  await beatFrom(5, path);
  const all = await until("five agents", async () => {
    const pids = await pidsOn(tmux);
    return pids.length === 5 ? pids : undefined;
  });
  all.sort((a, b) => a - b);
  const shown = async (keys: string[], from: number, to: number) => {
    await tmux.press(...keys);
    await until(`the agents from ${from} to ${to}`, async () => {
      const pids = await pidsOn(tmux);
      return `${pids}` === `${all.slice(from, to)}`;
    });
  };
  await tmux.press("p");
  await tmux.untilShows(/, sorted by pid$/);
  await tmux.resize(100, 9);
  await shown(["g"], 0, 5);
  await tmux.resize(100, 4);
  await shown([], 0, 3);
  await shown(["Down"], 1, 4);
  await shown(["j"], 2, 5);
  await shown(["Up", "k"], 0, 3);
  await shown(["PageDown"], 2, 5);
  await shown(["PageUp"], 0, 3);
  await shown(["End"], 2, 5);
  await shown(["Home"], 0, 3);
  await shown(["G"], 2, 5);
  await shown(["g"], 0, 3);

  await tmux.resize(100, 20);
  await tmux.press("/");
  await tmux.type(`${all[3]}`);
  await tmux.untilShows(RegExp(`^Filter by pid, name or state: ${all[3]}_`));
  await shown(["Enter"], 3, 4);
  await tmux.untilShows(RegExp(`^filter "${all[3]}"`));
  await shown(["Escape"], 0, 5);

  await tmux.press("?");
  await tmux.untilShows(/^PageUp, PageDown {2}scroll by one page$/);
  await shown(["q"], 0, 5);
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
    return lines[0] === "1 stalled, 1 gone, 0 Ok" &&
      RegExp(`${row}stalled\\b`).test(lines[1]);
  });
});

if (comm !== undefined && !isEmulated) {
  terminalTest("escapes control characters in a name", async (tmux) => {
    const path = await watch(tmux);
    // A process has the name of the file that is executed.
    const program = tmux.file("a\x1b[2J\n\u202eb");
    Deno.symlinkSync(Deno.execPath(), program);
    const agent = startAgent(path, program);
    try {
      // And cuts it after 16 columns.
      await tmux.untilShows(/ a\\u\{1b\}\[2J\\u\{a\}… {2}Ok /);
    } finally {
      await end(agent);
    }
  });
}

terminalTest("never asks for a permission", async (tmux) => {
  // Without --no-prompt.
  await tmux.enter('eval "$deno run --allow-ffi $main watch socket"');
  await tmux.untilShows(/^No beat/);
  using agent = Varta.connect(tmux.file("socket"));
  agent.beat(Status.Degraded);
  const lines = await tmux.untilShows(RegExp(`${row}Degraded `));
  assert(!lines.join("").includes("Allow?"), lines.join("\n"));
}, {
  env: {
    deno: Deno.execPath(),
    main: import.meta.resolve("../../../src/cli/main.ts"),
  },
});

/** Environments in which the locale has no Unicode, by setlocale(3). */
const locales: Record<string, string>[] = [
  { LC_ALL: "C", LC_CTYPE: "C.UTF-8", LANG: "C.UTF-8" },
  { LC_ALL: "", LC_CTYPE: "de_DE.ISO-8859-1", LANG: "C.UTF-8" },
  { LC_ALL: "", LC_CTYPE: "", LANG: "C" },
  { LC_ALL: "", LC_CTYPE: "", LANG: "" },
];
for (const env of locales) {
  const name = Object.entries(env).map((pair) => pair.join("=")).join(" ");
  terminalTest(`uses only ASCII with ${name}`, async (tmux) => {
    const path = await watch(tmux);
    using agent = Varta.connect(path);
    agent.beat(Status.Ok);
    const lines = await tmux.untilShows(/ Ok .* - /);
    assertMatch(lines.join(""), /^[ -~]+$/);
  }, { env });
}

terminalTest("uses Unicode if the locale has it", async (tmux) => {
  await watch(tmux);
  await tmux.untilShows(/↑↓/);
}, { env: { LC_ALL: "", LC_CTYPE: "", LANG: "de_DE.utf8" } });

terminalTest("prints lines if TERM is dumb", async (tmux) => {
  await tmux.enter("$cli watch socket; echo code $?");
  await until("the socket exists", () => exists(tmux.file("socket")));
  using agent = Varta.connect(tmux.file("socket"));
  agent.beat(Status.Ok);
  await tmux.untilShows(/Z beat {5}pid=/);
  assertEquals(await tmux.modes(), SHELL);
  await tmux.press("C-c");
  await tmux.untilShows(/code 0$/);
}, { env: { TERM: "dumb" } });

terminalTest("redraws at most five times a second", async (tmux) => {
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
  const screens = output.split("\x1b[5H").length - 1;
  assert(screens >= 2 && screens <= 5 * seconds + 1, `${screens} screens`);
});

terminalTest("does not collect screens while Ctrl-S stops it", async (tmux) => {
  // With a keyboard, watch gets this key itself.
  const path = await watch(tmux, "< /dev/null");
  using agent = Varta.connect(path);
  await tmux.record();
  await tmux.press("C-s");
  const start = performance.now();
  let beats = 0;
  while (performance.now() - start < 4_000) {
    agent.beat(Status.Ok, beats++);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await tmux.press("C-q");
  await tmux.untilShows(RegExp(` ${beats - 1} {2}`));
  const output = Deno.readTextFileSync(tmux.file("output"));
  // There would be twenty.
  const screens = output.split("\x1b[5H").length - 1;
  assert(screens < 10, `${screens} screens`);
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
  assert(inspectProcess(pid).isRunning);
  await tmux.close();
  await until("the socket is removed", () => !exists(path));
  await until("the process has ended", () => !inspectProcess(pid).isRunning);
});

terminalTest("leaves a summary on the screen", async (tmux) => {
  const path = await watch(tmux);
  using agent = Varta.connect(path);
  agent.beat(Status.Ok);
  await tmux.untilShows(/ {2}Ok /);
  await tmux.press("q");
  const lines = await tmux.untilShows(/^code 0$/);
  assertMatch(
    lines.join("\n"),
    /^Watched socket for \d+\.\ds: 1 agent, 1 beat, 0 lost, 0 stalls, 0 gone, 0 rejected\ncode 0$/m,
  );
});

terminalTest("is restored while many beats arrive", async (tmux) => {
  const path = await watch(tmux);
  using agent = Varta.connect(path);
  const beating = setInterval(() => agent.beat(Status.Ok), 1);
  await tmux.untilShows(/ {2}Ok /);
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
    await tmux.untilShows(RegExp(` {2}Ok .* ${i} `));
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
