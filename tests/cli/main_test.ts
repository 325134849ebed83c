import { assert, assertEquals, assertMatch } from "@std/assert";
import * as main from "../../src/cli/main.ts";
import { fileURLToPath } from "node:url";
import config from "../../deno.json" with { type: "json" };
import { PROGRAM, programAt } from "../../src/cli/_help.ts";
import { quoteForShell } from "../../src/cli/_text.ts";
import { cliArgs, runCli, runShell } from "../support/cli.ts";
import { TestFolder } from "../support/test_folder.ts";
import { exists } from "../support/until.ts";

const COMMANDS = ["watch", "beat", "check", "demo"];

const MAIN_ON_JSR = "https://jsr.io/@varta/client/1.20.3/src/cli/main.ts";

/** The arguments of Deno without a permission. */
const UNPERMITTED = cliArgs();

for (const flag of ["--help", "-h", "help"]) {
  Deno.test(`cli ${flag} shows the commands and an example`, async () => {
    const { code, stdout, stderr } = await runCli([flag], UNPERMITTED);
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    for (const command of [...COMMANDS, "help \\[COMMAND\\]"]) {
      assertMatch(stdout, RegExp(`^ {2}${command} `, "m"));
    }
    assert(stdout.includes(`:\n  ${PROGRAM} watch /tmp/varta.sock\n`), stdout);
  });
}

for (
  const line of [
    ...["--version", "-V", "beat --version", "watch /no/such/path -V"],
    "check --version --json",
  ]
) {
  Deno.test(`cli ${line} prints the version of the module`, async () => {
    const { code, stdout, stderr } = await runCli(line.split(" "), UNPERMITTED);
    const expected = { code: 0, stdout: `${config.version}\n`, stderr: "" };
    assertEquals({ code, stdout, stderr }, expected);
    assertMatch(stdout, /^\d+\.\d+\.\d+/);
  });
}

Deno.test("programAt() names the program as it was started", () => {
  const run = "deno run --allow-ffi";
  assertEquals(
    [
      ...[
        "file:///src/varta/src/cli/main.ts",
        "file:///my%20code/it's/main.ts",
      ],
      ...[MAIN_ON_JSR, "https://example.com/main.ts?a&b"],
    ].map(programAt),
    [
      `${run} /src/varta/src/cli/main.ts`,
      `${run} '/my code/it'\\''s/main.ts'`,
      `${run} jsr:@varta/client@1.20.3/cli`,
      `${run} 'https://example.com/main.ts?a&b'`,
    ],
  );
  const main = fileURLToPath(import.meta.resolve("../../src/cli/main.ts"));
  assertEquals(PROGRAM, `${run} ${quoteForShell(main)}`);
});

Deno.test("cli prints hints that run in a shell", async () => {
  using folder = new TestFolder();
  const socket = folder.file("it's $HOME");
  const { stderr } = await runCli(["beat", socket]);
  const hint = /check whether .*: (deno run .*)$/m.exec(stderr)![1];
  const { stdout } = await runShell(
    hint.replace(PROGRAM.replace("--allow-ffi", "-A"), "$cli"),
    folder.path,
  );
  // check found the path that beat was given.
  assert(stdout.includes(JSON.stringify(socket)), stdout);
});

Deno.test("quoteForShell() quotes what a shell would not read as one word", () => {
  const expected: [argument: string, quoted: string][] = [
    ["/run/varta-1_a.sock", "/run/varta-1_a.sock"],
    ["", "''"],
    ["a b", "'a b'"],
    ["$HOME", "'$HOME'"],
    ["it's", "'it'\\''s'"],
    ["über", "'über'"],
    ["\x1b\\'\u{e0001}", "$'\\U0000001b\\\\\\'\\U000e0001'"],
  ];
  for (const [argument, quoted] of expected) {
    assertEquals(quoteForShell(argument), quoted);
  }
});

Deno.test("cli --help says that stdout cannot be written", async () => {
  if (!exists("/dev/full")) return;
  using folder = new TestFolder();
  const line = "$cli --help > /dev/full; echo $?";
  const { stdout, stderr } = await runShell(line, folder.path);
  assertEquals(stdout, "3\n");
  assertMatch(stderr, /^Cannot write to stdout: No space left .*\n$/);
});

for (const command of COMMANDS) {
  Deno.test(`cli help ${command} shows what ${command} --help does`, async () => {
    const help = await runCli(["help", command], UNPERMITTED);
    assertEquals(help, await runCli([command, "--help"], UNPERMITTED));
    assertEquals(help.code, 0);
  });

  Deno.test(`cli ${command} --help shows options, exit codes and an example`, async () => {
    // Also if the rest is wrong.
    const args = [command, "--nonsense", "--help", "a", "b", "c"];
    const { code, stdout, stderr } = await runCli(args, UNPERMITTED);
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    const program = command === "check"
      ? PROGRAM.replace("--allow-ffi", "-A")
      : PROGRAM;
    assert(stdout.includes(`\nUsage: ${program} ${command}`), stdout);
    assertMatch(stdout, /^ {2}-h, --help/m);
    assertMatch(stdout, /^Exit codes.*:\n {2}0 {2}/m);
    assert(stdout.includes(`\nExample:\n  ${program} ${command}`), stdout);
    const short = stdout.replaceAll(program, "deno run --allow-ffi jsr:cli");
    assertEquals(short.split("\n").filter(({ length }) => length > 96), []);
  });
}

Deno.test("cli --help exits with 0 if its output is closed", async () => {
  using folder = new TestFolder();
  const line = "{ $cli watch --help; echo $? >&2; } | exec true";
  const { stderr } = await runShell(line, folder.path);
  assertEquals(stderr, "0\n");
});

Deno.test("cli without a command exits with 2, and shows the help", async () => {
  const { code, stdout, stderr } = await runCli([]);
  assertEquals({ code, stdout }, { code: 2, stdout: "" });
  assertMatch(stderr, /^Commands:$/m);
});

/** Wrong command lines, and the beginning of stderr. */
const wrongs: [args: string[], message: string][] = [
  ...["wtach", "Beat", "js\u009bon"].map((name): [string[], string] => [
    [name],
    `Unknown command "${
      name.replace("\u009b", "\\u{9b}")
    }": the commands are watch, beat, check, demo, help`,
  ]),
  [["help", "wtach"], 'Unknown command "wtach": the commands are watch, '],
  [["--hepl"], 'Unknown option "--hepl": the options are --help, --version'],
  [
    ["beat", "s", "--staus", "ok"],
    'Unknown option "--staus": the options are --status, --payload, --protocol, --interval, --count, --quiet, --help, --version',
  ],
  [["watch", "s", "-t"], 'Unknown option "-t": the options are --threshold, '],
  [["watch", "s", "--no-json"], 'Unknown option "--no-json": the options are '],
  [
    ["watch", "s", "--js\u009bon"],
    'Unknown option "--js\\u{9b}on": the options are ',
  ],
  [
    ["demo", "--constructor"],
    'Unknown option "--constructor": the options are --help, --version',
  ],
  // Other programs choose the protocol so. No beat is sent, so it is an error.
  [
    ["beat", "s", "--version", "2"],
    'Cannot run beat: it takes SOCKET: received "s", "2"',
  ],
  [
    ["beat", "s", "--version=2"],
    "Option '-V, --version' does not take an argument",
  ],
  [["watch"], "Cannot run watch: it takes SOCKET: received none"],
  [["beat", "a", "b"], 'Cannot run beat: it takes SOCKET: received "a", "b"'],
  [["demo", "a"], 'Cannot run demo: it takes no argument: received "a"'],
  [
    ["watch", "s", "--threshold"],
    "Option '--threshold <value>' argument missing",
  ],
  [
    ["watch", "s", "--threshold", "-5"],
    "Option '--threshold' argument is ambiguous.",
  ],
  [["watch", "s", "--json=1"], "Option '--json' does not take an argument"],
  [
    ["check", "s", "--protocol", "0"],
    'Cannot use --protocol "0": it must be 1 or 2',
  ],
  ...["localhost:9100", "/metrics", "ftp://host/metrics", ""].map((
    url,
  ): [string[], string] => [
    ["check", "s", "--metrics", url],
    `Cannot use --metrics "${url}": it must be a URL that begins with http: or https:`,
  ]),
  [
    ["check", "s", "--token-file", "f"],
    "Cannot use --token-file without --metrics",
  ],
  [["check", ""], 'Cannot use "" as a socket address: it is empty'],
  ...["abc", "0", "1.5", "1e3", "", "2147483648"].flatMap((value) =>
    [["watch", "threshold"], ["beat", "interval"]].map((
      [command, option],
    ): [string[], string] => [
      [command, "s", `--${option}`, value],
      `Cannot use --${option} "${value}": it must be an integer from 1 to 2147483647`,
    ])
  ),
  [
    ["beat", "s", "--count", "0"],
    'Cannot use --count "0": it must be an integer from 1 to 9007199254740991',
  ],
  [
    ["beat", "s", "--payload=-5"],
    'Cannot use --payload "-5": it must be an integer from 0 to 4294967295',
  ],
  [
    ["beat", "s", "--protocol", "1", "--payload", "18446744073709551616"],
    'Cannot use --payload "18446744073709551616": it must be an integer from 0 to 18446744073709551615',
  ],
  [
    ["beat", "s", "--payload", "4294967296"],
    'Cannot use --payload "4294967296": it must be an integer from 0 to 4294967295',
  ],
  [
    ["beat", "s", "--protocol", "3"],
    'Cannot use --protocol "3": it must be 1 or 2',
  ],
  [
    ["beat", "s", "--status", "stall"],
    'Cannot use --status "stall": it must be ok, degraded or critical',
  ],
  [
    ["watch", ""],
    'Cannot use "" as a socket address: it is empty',
  ],
  [
    ["beat", "x".repeat(108)],
    `Cannot use "${"x".repeat(108)}" as a socket address: it is 108 bytes long`,
  ],
];

/** How many processes run at a time. */
const AT_A_TIME = 4;

Deno.test("cli exits with 2 and a message if the command line is wrong", async () => {
  for (let i = 0; i < wrongs.length; i += AT_A_TIME) {
    const some = wrongs.slice(i, i + AT_A_TIME);
    await Promise.all(some.map(async ([args, message]) => {
      const { code, stdout, stderr } = await runCli(args);
      const begin = stderr.slice(0, message.length);
      const expected = { code: 2, stdout: "", begin: message };
      assertEquals({ code, stdout, begin }, expected, args.join(" "));
      const help = COMMANDS.includes(args[0]) ? `${args[0]} --help` : "--help";
      assertEquals(stderr.split("\n").at(-2), `See ${PROGRAM} ${help}`);
    }));
  }
  assert(!exists("s"));
});

for (const command of ["watch", "beat"]) {
  Deno.test(`cli ${command} exits with 3 and one line without --allow-ffi`, async () => {
    using folder = new TestFolder();
    const args = [command, folder.file("socket")];
    const { code, stdout, stderr } = await runCli(args, UNPERMITTED);
    assertEquals({ code, stdout }, { code: 3, stdout: "" });
    assertMatch(stderr, /^Cannot call the C library .*--allow-ffi.*\n$/);
  });
}

Deno.test("cli escapes control characters in an error", async () => {
  using folder = new TestFolder();
  const path = folder.file("no\u009b31m/socket");
  const { code, stderr } = await runCli(["watch", path]);
  assertEquals(code, 3);
  assertMatch(stderr, /^Cannot bind to .*no\\u\{9b\}31m/);
});

Deno.test("cli does nothing if it is imported", () => {
  assertEquals(Object.keys(main), []);
});
