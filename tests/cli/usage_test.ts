import { assert, assertEquals, assertMatch } from "@std/assert";
import { CLI_ARGS, runCli, runShell } from "../support/cli.ts";
import { TestFolder } from "../support/observer.ts";
import { exists } from "../support/until.ts";

const COMMANDS = ["watch", "beat", "demo"];

/** Deno's arguments without the permission. */
const UNPERMITTED = CLI_ARGS.filter((arg) => arg !== "--allow-ffi");

for (const flag of ["--help", "-h"]) {
  Deno.test(`cli ${flag} names the commands, with an example and without a permission`, async () => {
    const { code, stdout, stderr } = await runCli([flag], UNPERMITTED);
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    for (const command of COMMANDS) {
      assertMatch(stdout, RegExp(`^ {2}${command} `, "m"));
    }
    assertMatch(stdout, /^Example.*:\n {2}deno run --allow-ffi jsr:/m);
  });
}

for (const command of COMMANDS) {
  Deno.test(`cli ${command} --help names the options and exit codes, with an example`, async () => {
    // Whatever else is said, and wrong.
    const args = [command, "--nonsense", "--help", "a", "b", "c"];
    const { code, stdout, stderr } = await runCli(args, UNPERMITTED);
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    assertMatch(stdout, RegExp(`^Usage: .*/cli ${command}`, "m"));
    assertMatch(stdout, /^ {2}-h, --help/m);
    assertMatch(stdout, /^Exit codes.*:\n {2}0 {2}/m);
    assertMatch(stdout, RegExp(`^Example:\n  .*/cli ${command}`, "m"));
    assert(stdout.split("\n").every((line) => line.length <= 96));
  });
}

Deno.test("cli --help is content with a reader that has enough", async () => {
  using folder = new TestFolder();
  const line = "{ $cli watch --help; echo $? >&2; } | exec true";
  const { stderr } = await runShell(line, folder.path);
  assertEquals(stderr, "0\n");
});

Deno.test("cli without a command ends with 2, and shows the help on stderr", async () => {
  const { code, stdout, stderr } = await runCli([]);
  assertEquals({ code, stdout }, { code: 2, stdout: "" });
  assertMatch(stderr, /^Commands:$/m);
});

/** What is wrong, and the line by which stderr says so. */
const wrongs: [args: string[], message: string][] = [
  [["wtach"], 'Unknown command "wtach": did you mean "watch"?'],
  [["Beat"], 'Unknown command "Beat": did you mean "beat"?'],
  [["--hepl"], 'Unknown option "--hepl": did you mean "--help"?'],
  [
    ["beat", "s", "--staus", "ok"],
    'Unknown option "--staus": did you mean "--status"?',
  ],
  [
    ["beat", "s", "--intervall=5"],
    'Unknown option "--intervall": did you mean "--interval"?',
  ],
  [["watch", "s", "-t"], 'Unknown option "-t": did you mean "--threshold"?'],
  [
    ["watch", "s", "--no-json"],
    'Unknown option "--no-json": did you mean "--json"?',
  ],
  [
    ["watch", "s", "--constructor"],
    'Unknown option "--constructor": did you mean "--json"?',
  ],
  [
    ["watch", "s", "--js\u009bon"],
    'Unknown option "--js\\u{9b}on": did you mean "--json"?',
  ],
  [["demo", "--json"], 'Unknown option "--json": did you mean "--help"?'],
  [["watch"], "Cannot run watch: it takes SOCKET: received none"],
  [["beat", "a", "b"], 'Cannot run beat: it takes SOCKET: received "a", "b"'],
  [["demo", "a"], 'Cannot run demo: it takes no argument: received "a"'],
  [
    ["watch", "s", "--threshold"],
    "Cannot read --threshold: it takes a value, MS",
  ],
  [["watch", "s", "--json=1"], "Cannot read --json: it takes no value"],
  ...["abc", "0", "-1", "1.5", "1e3", "", "2147483648"].flatMap((value) =>
    [["watch", "threshold"], ["beat", "interval"]].map((
      [command, option],
    ): [string[], string] => [
      [command, "s", `--${option}`, value],
      `Cannot take --${option} "${value}": it must be an integer from 1 to 2147483647`,
    ])
  ),
  [
    ["beat", "s", "--count", "0"],
    'Cannot take --count "0": it must be an integer from 1 to 9007199254740991',
  ],
  [
    ["beat", "s", "--payload", "-5"],
    'Cannot take --payload "-5": it must be an integer from 0 to 18446744073709551615',
  ],
  [
    ["beat", "s", "--payload", "18446744073709551616"],
    'Cannot take --payload "18446744073709551616": it must be an integer from 0 to 18446744073709551615',
  ],
  [
    ["beat", "s", "--protocol", "2", "--payload", "4294967296"],
    'Cannot take --payload "4294967296": it must be an integer from 0 to 4294967295',
  ],
  [
    ["beat", "s", "--protocol", "3"],
    'Cannot take --protocol "3": it must be 1 or 2',
  ],
  [
    ["beat", "s", "--status", "stall"],
    'Cannot take --status "stall": it must be ok, degraded or critical',
  ],
  [
    ["watch", ""],
    "Cannot use an empty path as a socket address",
  ],
  [
    ["beat", "x".repeat(108)],
    `Cannot use "${
      "x".repeat(108)
    }" as a socket address: it is 108 bytes long, and sun_path holds 107 and a terminator`,
  ],
];

/** How many run at a time: each is a process of its own. */
const AT_A_TIME = 4;

Deno.test("cli ends with 2 and says what is wrong with a command line", async () => {
  for (let i = 0; i < wrongs.length; i += AT_A_TIME) {
    const some = wrongs.slice(i, i + AT_A_TIME);
    await Promise.all(some.map(async ([args, message]) => {
      const { code, stdout, stderr } = await runCli(args);
      const [line, ...rest] = stderr.trimEnd().split("\n");
      const expected = { code: 2, stdout: "", line: message };
      assertEquals({ code, stdout, line }, expected, args.join(" "));
      // Then, at the most, where the help is.
      assert(rest.length <= 1, stderr);
      for (const line of rest) assertMatch(line, /^See .*--help$/);
    }));
  }
  assert(!exists("s"));
});

for (const command of ["watch", "beat"]) {
  Deno.test(`cli ${command} ends with 3 and one line without --allow-ffi`, async () => {
    using folder = new TestFolder();
    const args = [command, folder.file("socket")];
    const { code, stdout, stderr } = await runCli(args, UNPERMITTED);
    assertEquals({ code, stdout }, { code: 3, stdout: "" });
    assertMatch(stderr, /^Cannot call the C library .*--allow-ffi.*\n$/);
  });
}

Deno.test("cli does nothing where it is imported", async () => {
  const main = CLI_ARGS[CLI_ARGS.length - 1];
  const { code, stdout, stderr } = await runCli([], [
    "eval",
    `const { length } = Object.keys(await import("${main}"));
     console.log(length);`,
  ]);
  assertEquals({ code, stdout, stderr }, {
    code: 0,
    stdout: "0\n",
    stderr: "",
  });
});
