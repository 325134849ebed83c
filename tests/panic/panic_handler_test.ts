import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  installPanicHandler,
  NONCE_TERMINAL,
  type PanicHandlerOptions,
  Status,
} from "../../mod.ts";
import { libraryPath } from "../support/library_path.ts";
import { TestObserver } from "../support/observer.ts";
import { AS_PID_1, noPidNamespace } from "../support/pid_namespace.ts";
import { isEmulated, runProgram, withoutEmulator } from "../support/process.ts";
import { testUnless } from "../support/test_unless.ts";

/** The signals that a panic handler can handle. */
const SIGNALS = [
  "SIGHUP",
  "SIGINT",
  "SIGQUIT",
  "SIGABRT",
  "SIGUSR1",
  "SIGUSR2",
  "SIGALRM",
  "SIGTERM",
  "SIGXCPU",
  "SIGXFSZ",
  "SIGVTALRM",
  "SIGPROF",
] as const;

/** How a child process ended, and what it printed. */
interface Ending {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  /** Another program than `panic.ts`. */
  readonly program?: string;
  /** Sent when the child prints `ready`. */
  readonly signal?: Deno.Signal;
  readonly flags?: readonly string[];
  /** A command that runs the child. */
  readonly under?: readonly string[];
}

/** Runs a child that takes steps until it ends, and counts its terminal beats. */
async function run(
  steps: string,
  {
    program = "panic.ts",
    signal: sent,
    flags = ["--allow-ffi", "--allow-read"],
    under = [],
  }: RunOptions = {},
): Promise<[Ending, terminalBeats: number]> {
  using observer = new TestObserver();
  const [command, ...args] = [
    ...under,
    ...[Deno.execPath(), "run", "--no-check", "--no-config", ...flags],
    import.meta.resolve(`./programs/${program}`),
    ...[observer.path, steps],
  ];
  const child = new Deno.Command(command, {
    args,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();

  let stdout = "";
  for await (
    const text of child.stdout.pipeThrough(new TextDecoderStream())
  ) {
    stdout += text;
    if (stdout === "ready\n" && sent !== undefined) child.kill(sent);
  }
  const { code, signal } = await child.status;
  // A frame of Deno itself is not in every trace of an error of a Worker.
  const stderr = withoutEmulator(await errors).replace(
    /^ +at eventLoopTick .*\n/gm,
    "",
  );
  const terminal = observer.receiveAll()
    .filter(({ nonce }) => nonce === NONCE_TERMINAL);
  for (const { status, pid } of terminal) {
    assertEquals(status, Status.Critical);
    if (under.length === 0) assertEquals(pid, child.pid);
  }
  return [{ code, signal, stdout, stderr }, terminal.length];
}

/**
 * Asserts how many terminal beats a child sends, and that it ends as it ends without
 * a handler.
 */
async function assertTerminalBeats(
  expected: number,
  steps: string,
  options: RunOptions = {},
): Promise<Ending> {
  const [[ending, beats], [endingWithout]] = await Promise.all([
    run(steps, options),
    run(steps.replace(/(install|dispose)[^,]*(, |$)/g, ""), options),
  ]);
  assertEquals(ending, endingWithout);
  assertEquals(beats, expected);
  return ending;
}

const NUMERALS = ["nothing", "one beat", "two beats"];

/** The steps of what the name says, by the beats and the exit code that follow. */
const scenarios: [beats: number, code: number, Record<string, string>][] = [
  [1, 1, {
    "a throw at the top level": "install, throw",
    "a throw in a timer": "install, throw in timer",
    "a throw in a microtask": "install, throw in microtask",
    "a throw of null": "install, throw null",
    "a rejection": "install, reject",
    "reportError()": "install, report error",
    "reportError(null)": "install, report null",
    "an error of a Worker": "install, throw in Worker",
    "several errors": "install, throw in microtask, reject, reject",
    "an error that is only read": "install, read errors, throw in timer",
    "a throwing rejection listener":
      "install, throw in rejection listener, reject",
    "a rejection without a process": "install, remove process, reject",
    "a rejection with another process": "install, replace process, reject",
    "a throw with Object.prototype.value": "pollute, install, throw in timer",
    "a rejection with Object.prototype.value": "pollute, install, reject",
    "an error after reinstallation":
      "install, dispose, install, throw in timer",
  }],
  [2, 1, {
    "an error with two handlers": "install, install, throw in timer",
    "a rejection with two handlers": "install, install, reject",
  }],
  [0, 1, {
    "an error after its disposal": "install, dispose, dispose, throw in timer",
    "a throw of beatTerminal": "install a throwing agent, throw in timer",
    "a throw of it after a rejection": "install a throwing agent, reject",
    "a throwing listener before it":
      "throw in error listener, install, throw in timer",
    "a throwing listener after it":
      "install, throw in error listener, throw in timer",
    "a stopped propagation": "stop propagation, install, throw in timer",
    "a non-extensible event": "prevent extensions, install, reject",
  }],
  [0, 0, {
    "a prevented error of a Worker":
      "install, prevent errors, throw in Worker, print alive",
    "an error prevented in between":
      "install, prevent errors, install, throw and reject, print alive",
    "a read of a prevented error":
      "install, read errors, prevent errors, throw and reject, print alive",
    "events that a program makes": "install, dispatch events, print alive",
    "the end of the program": "install, do not keep alive",
  }],
  [0, 3, {
    "Deno.exit()": "install, exit",
    "Deno.exitCode": "install, set exit code",
  }],
  [0, 7, {
    "an exit in a listener": "install, exit in error listener, throw in timer",
  }],
];
for (const [beats, code, plans] of scenarios) {
  for (const [name, steps] of Object.entries(plans)) {
    Deno.test(`installPanicHandler() sends ${NUMERALS[beats]} on ${name}`, async () => {
      const ending = await assertTerminalBeats(beats, steps);
      assertEquals([ending.code, ending.signal], [code, null]);
    });
  }
}

Deno.test("installPanicHandler() sends one beat after a top-level await", async () => {
  const options = { program: "top_level_await.ts" };
  const { code } = await assertTerminalBeats(1, "install", options);
  assertEquals(code, 1);
});

for (
  const [prevention, step] of [
    ["a listener", "prevent errors"],
    ["onerror", "prevent errors by onerror"],
    ["process.on()", "prevent errors by process.on"],
    ["uncaughtException", "prevent errors by uncaughtException"],
    ["a capture callback", "prevent errors by a capture callback"],
    ["a replaced process", "prevent errors by process.on, replace process"],
    ["a removed process", "prevent errors by process.on, remove process"],
  ]
) {
  Deno.test(`installPanicHandler() sends nothing if ${prevention} prevents it`, async () => {
    for (const order of [`install, ${step}`, `${step}, install`]) {
      const steps = `${order}, throw and reject, print alive`;
      const { code, stdout } = await assertTerminalBeats(0, steps);
      assertEquals([code, stdout], [0, "alive\n"]);
    }
  });
}

Deno.test("installPanicHandler() lets a listener send the terminal beat and exit", async () => {
  const [{ code }, beats] = await run(
    "install, beat in error listener, exit in error listener, throw in timer",
  );
  assertEquals([code, beats], [7, 1]);
});

for (const signal of SIGNALS) {
  Deno.test(`installPanicHandler() ends the process by ${signal} if it is named`, async () => {
    const steps = `install: SIGTERM ${signal} ${signal}, wait for signal`;
    const [ending, beats] = await run(steps, { signal });
    assertEquals([ending.signal, beats], [signal, 1]);
    assertEquals([ending.stdout, ending.stderr], ["ready\n", ""]);
  });
}

Deno.test("installPanicHandler() leaves a signal alone if it is not named", async () => {
  for (const install of ["install", "install: SIGUSR2 SIGALRM"]) {
    const steps = `${install}, wait for signal`;
    const { signal } = await assertTerminalBeats(0, steps, {
      signal: "SIGTERM",
    });
    assertEquals(signal, "SIGTERM");
  }
});

Deno.test("installPanicHandler() leaves listeners of other signals alone", async () => {
  for (
    const steps of [
      "install, listen to SIGTERM, wait for signal",
      "install, wait for signal in Worker",
    ]
  ) {
    const { code, stdout } = await assertTerminalBeats(0, steps, {
      signal: "SIGTERM",
    });
    assertEquals([code, stdout], [7, "ready\ncalled\n"]);
  }
});

for (
  const [name, expected, steps] of [
    ["a signal with two handlers", 2, "install: SIGTERM, install: SIGTERM"],
    ["a signal, with SIGURG in use", 1, "listen to SIGURG, install: SIGTERM"],
    ["a signal after its disposal", 0, "install: SIGTERM, dispose"],
    ["a signal if that throws", 0, "install a throwing agent: SIGTERM"],
    ["a signal if that rejects", 0, "install a rejecting agent: SIGTERM"],
  ] as const
) {
  Deno.test(`installPanicHandler() sends ${NUMERALS[expected]} on ${name}`, async () => {
    const [ending, beats] = await run(`${steps}, wait for signal`, {
      signal: "SIGTERM",
    });
    assertEquals([ending.signal, ending.stderr], ["SIGTERM", ""]);
    assertEquals(beats, expected);
  });
}

Deno.test("installPanicHandler() removes its signal listeners when disposed", async () => {
  const steps =
    "install: SIGTERM SIGTERM, dispose, listen to SIGTERM, wait for signal";
  const [{ code }, beats] = await run(steps, { signal: "SIGTERM" });
  assertEquals([code, beats], [7, 0]);
});

Deno.test("installPanicHandler() sends one beat on a signal and an error", async () => {
  const steps = "install: SIGTERM, throw in signal listener, wait for signal";
  const [{ code, signal }, beats] = await run(steps, { signal: "SIGTERM" });
  assertEquals(beats, 1);
  assert(signal === "SIGTERM" || code === 1); // either may be first
});

Deno.test("installPanicHandler() handles a named signal that was ignored", async () => {
  const [{ signal }, beats] = await run("install: SIGHUP, wait for signal", {
    signal: "SIGHUP",
    under: ["sh", "-c", 'trap "" HUP; exec "$@"', "sh"],
  });
  assertEquals([signal, beats], ["SIGHUP", 1]);
});

for (const signals of ["SIGHUP SIGTERM", "SIGTERM SIGHUP"]) {
  Deno.test(`installPanicHandler() handles one of ${signals} if one is refused`, async () => {
    const steps = `refuse SIGHUP, install: ${signals}, wait for signal`;
    const [ending, beats] = await run(steps, { signal: "SIGTERM" });
    assertEquals([ending.signal, ending.stderr, beats], ["SIGTERM", "", 1]);
  });
}

testUnless(
  libraryPath === undefined ? "the path of libc is not known" : undefined,
  "installPanicHandler() works with a permission for one path",
  async () => {
    const [ending, beats] = await run("install: SIGTERM, wait for signal", {
      signal: "SIGTERM",
      flags: [`--allow-ffi=${libraryPath}`],
    });
    assertEquals([ending.signal, ending.stderr, beats], ["SIGTERM", "", 1]);
  },
);

Deno.test("installPanicHandler() exits with 128 + signal without permission", async () => {
  for (const [signal, code] of [["SIGTERM", 143], ["SIGINT", 130]] as const) {
    const program = "own_agent.ts";
    const [ending] = await run("", { program, signal, flags: [] });
    const stdout = "ready\nterminal\n";
    assertEquals(ending, { code, signal: null, stdout, stderr: "" });
  }
});

testUnless(
  isEmulated ? "an emulator is never pid 1" : noPidNamespace,
  "installPanicHandler() exits with 128 + signal as pid 1",
  async () => {
    const [ending, beats] = await run("install: SIGTERM, send SIGTERM to pid", {
      flags: ["--allow-ffi", "--allow-run"],
      under: AS_PID_1,
    });
    const { code, stdout, stderr } = ending;
    assertEquals([code, stdout, stderr, beats], [143, "pid 1\n", "", 1]);
  },
);

for (const kind of ["web", "node"]) {
  Deno.test(`installPanicHandler() throws NotSupported in a ${kind} Worker`, async () => {
    const program = import.meta.resolve("./programs/in_worker.ts");
    const { stdout } = await runProgram(program, [kind], ["--allow-read"]);
    assertStringIncludes(
      stdout,
      "NotSupported: Cannot install panic handler in a Worker: ",
    );
  });
}

const agent = { beatTerminal: () => ({ kind: "sent" } as const) };

Deno.test("installPanicHandler() reads each option once", () => {
  let reads = 0;
  class Options implements PanicHandlerOptions {
    get signals(): Deno.Signal[] {
      return reads++ === 0 ? [] : ["SIGKILL"];
    }
  }
  using _handler = installPanicHandler(agent, Object.create(new Options()));
  assertEquals(reads, 1);
});

Deno.test("installPanicHandler() removes its event listeners when disposed", () => {
  const { addEventListener, removeEventListener } = globalThis;
  const listening = new Set<string>();
  Object.assign(globalThis, {
    addEventListener: (type: string) => listening.add(type),
    removeEventListener: (type: string) => listening.delete(type),
  });
  try {
    const handler = installPanicHandler(agent);
    assertEquals([...listening], ["error", "unhandledrejection"]);
    handler[Symbol.dispose]();
    assertEquals([...listening], []);
  } finally {
    Object.assign(globalThis, { addEventListener, removeEventListener });
  }
});

Deno.test("installPanicHandler() ignores a signal that the system does not have", () => {
  const { addSignalListener, removeSignalListener } = Deno;
  const refuse = () => {
    throw new TypeError("Windows has only SIGINT, SIGBREAK and SIGHUP");
  };
  Object.assign(Deno, {
    addSignalListener: refuse,
    removeSignalListener: refuse,
  });
  try {
    using _handler = installPanicHandler(agent, { signals: SIGNALS });
  } finally {
    Object.assign(Deno, { addSignalListener, removeSignalListener });
  }
});

Deno.test("installPanicHandler() throws if an argument is invalid", () => {
  const install = (...args: unknown[]) => () =>
    installPanicHandler(
      args[0] as typeof agent,
      args[1] as PanicHandlerOptions,
    );
  for (const invalid of [undefined, null, {}, 7, { beatTerminal: 1 }]) {
    assertThrows(
      install(invalid),
      TypeError,
      "Cannot install panic handler: agent must be an object with a beatTerminal method: received ",
    );
  }
  for (const invalid of [null, 7]) {
    assertThrows(
      install(agent, invalid),
      TypeError,
      "Cannot install panic handler: options must be an object: received ",
    );
  }
  for (const signals of ["SIGTERM", null, new Set(["SIGTERM"])]) {
    assertThrows(
      install(agent, { signals }),
      TypeError,
      "Cannot install panic handler: signals must be an array: received ",
    );
  }
  const names = ["SIGKILL", "SIGSTOP", "SIGCHLD", "SIGWINCH", "SIGNOPE"];
  for (const name of [...names, "sigterm", 15, null, "toString"]) {
    const { message } = assertThrows(
      install(agent, { signals: ["SIGTERM", name] }),
      typeof name === "string" ? RangeError : TypeError,
      "Cannot install panic handler: each of signals must be one of SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGUSR1, ",
    );
    assert(message.endsWith(`received ${Deno.inspect(name)}`), message);
  }
});
