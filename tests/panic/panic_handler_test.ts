import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { system } from "../../ffi/system.ts";
import { installPanicHandler, type PanicHandlerOptions } from "../../mod.ts";
import { assertLastWords, runToDeath } from "../support/death.ts";
import { libraryPath } from "../support/library_path.ts";
import { hasProgram, isEmulated, MODULE, runDeno } from "../support/process.ts";

const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const;
const SIGNAL = ["SIGTERM"] as const;

/** Runs what follows as the first process of a namespace, such as a container's. */
const AS_FIRST_PROCESS = ["unshare", "--pid", "--fork", "--kill-child"];

/** Names that a child listens by, and how. */
const listening = {
  deno: 'Deno.addSignalListener("SIGTERM", listener);',
  "process.on": 'process.on("SIGTERM", listener);',
  "process.once": 'process.once("SIGTERM", listener);',
};

const deaths: [how: string, code: string, stderr: RegExp][] = [
  ["a throw at the top level", 'throw new Error("gone");', /Error: gone/],
  [
    "a throw behind a top-level await",
    'await sleep(1); throw new Error("gone");',
    /Error: gone/,
  ],
  [
    "a throw in a timer",
    'setTimeout(() => { throw new Error("gone"); }, 1); stay();',
    /Uncaught Error: gone/,
  ],
  [
    "a throw in a microtask",
    'queueMicrotask(() => { throw new Error("gone"); }); stay();',
    /Uncaught Error: gone/,
  ],
  ["a throw of null", "setTimeout(() => { throw null; }, 1); stay();", /null/],
  [
    "a rejection",
    'Promise.reject(new Error("gone")); stay();',
    /Uncaught \(in promise\) Error: gone/,
  ],
  ["reportError()", 'reportError(new Error("gone")); stay();', /Error: gone/],
  [
    "an error of a worker",
    `new Worker("data:text/javascript,throw new Error('gone')", { type: "module" });
     stay();`,
    /Unhandled error in child worker/,
  ],
  [
    "three errors at once",
    `Promise.reject(new Error("gone"));
     Promise.reject(new Error("gone too"));
     setTimeout(() => { throw new Error("and gone"); }, 10_000);`,
    /Error: gone/,
  ],
  [
    "an error that a listener only looks at",
    `addEventListener("error", (event) => console.log(event.defaultPrevented));
     setTimeout(() => { throw new Error("gone"); }, 1);`,
    /Error: gone/,
  ],
  [
    "a listener that throws",
    `addEventListener("unhandledrejection", () => { throw new Error("gone"); });
     Promise.reject(new Error("first"));`,
    /Error: gone/,
  ],
];

for (const [how, code, stderr] of deaths) {
  Deno.test(`installPanicHandler() sends one last word on ${how}, and changes nothing else`, async () => {
    const death = await assertLastWords(1, `install(); ${code}`);
    assertEquals([death.code, death.signal], [1, null]);
    assertMatch(death.stderr, stderr);
  });
}

const preventions: [how: string, code: string][] = [
  [
    "a listener",
    `addEventListener("error", (event) => event.preventDefault());
     addEventListener("unhandledrejection", (event) => event.preventDefault());`,
  ],
  [
    "onerror and onunhandledrejection",
    `onerror = (event) => event.preventDefault();
     onunhandledrejection = (event) => event.preventDefault();`,
  ],
  [
    "process.on()",
    `process.on("uncaughtException", () => {});
     process.on("unhandledRejection", () => {});`,
  ],
  [
    "process.on() of uncaughtException alone",
    'process.on("uncaughtException", () => {});',
  ],
];

for (const [how, prevent] of preventions) {
  Deno.test(`installPanicHandler() sends nothing where ${how} prevents the error, before or after it`, async () => {
    const fail = `
      setTimeout(() => { throw new Error("prevented"); }, 1);
      Promise.reject(new Error("prevented"));
      await sleep(50);
      console.log("alive");`;
    for (const code of [`${prevent} install();`, `install(); ${prevent}`]) {
      const death = await assertLastWords(0, code + fail);
      assertEquals([death.code, death.stdout], [0, "alive\n"]);
    }
  });
}

Deno.test("installPanicHandler() sends nothing where a worker dies and the process lives on", async () => {
  const { code, stdout } = await assertLastWords(
    0,
    `install();
     addEventListener("unhandledrejection", (event) => event.preventDefault());
     new Worker("data:text/javascript,throw new Error('gone')", { type: "module" });
     await sleep(500);
     console.log("alive");`,
  );
  assertEquals([code, stdout], [0, "alive\n"]);
});

for (const signal of SIGNALS) {
  Deno.test(`installPanicHandler() sends one last word on ${signal}, and lets the process die by it`, async () => {
    const death = await assertLastWords(1, "install(); stay(); ready();", {
      signals: [signal],
    });
    assertEquals([death.signal, death.stdout], [signal, "ready\n"]);
    assertEquals(death.stderr, "");
  });
}

Deno.test("installPanicHandler() takes other signals, and leaves those alone that it is not given", async () => {
  const options = 'signals: ["SIGUSR2", "SIGALRM"]';
  for (const [signal, words] of [["SIGUSR2", 1], ["SIGTERM", 0]] as const) {
    const death = await assertLastWords(words, "install(); stay(); ready();", {
      signals: [signal],
      options: `{ ${options} }`,
    });
    assertEquals(death.signal, signal);
  }
});

Deno.test("installPanicHandler() takes every signal of its list", async () => {
  const names = Object.keys(system.signals);
  const { stdout } = await assertLastWords(
    0,
    'using _handler = install(); console.log("installed");',
    { options: JSON.stringify({ signals: names }) },
  );
  assertEquals([stdout, names.length], ["installed\n", 12]);
});

Deno.test("installPanicHandler() sends one last word where signals and errors come together", async () => {
  const { stdout } = await runDeno(
    `import { installPanicHandler } from "${MODULE}";
     let words = 0;
     installPanicHandler({ beatTerminal() { console.log(++words); } });
     const kill = (signal) => new Deno.Command("kill", { args: [signal, String(Deno.pid)] }).outputSync();
     kill("-TERM");
     kill("-INT");
     setTimeout(() => { throw new Error("gone"); }, 0);`,
    ["--allow-ffi", "--allow-run"],
  );
  assertEquals(stdout, "1");
});

for (const [way, listen] of Object.entries(listening)) {
  for (const order of ["before", "after"]) {
    Deno.test(`installPanicHandler() leaves the signal to a listener by ${way} ${order} it, and sends the last word when that has ended the process`, async () => {
      const listener = `
        const listener = async () => {
          console.log("shutting down");
          await sleep(50);
          console.log("done");
          Deno.exit(7);
        };`;
      const code = order === "before"
        ? `${listener} ${listen} install();`
        : `install(); ${listener} ${listen}`;
      const death = await assertLastWords(1, `${code} stay(); ready();`, {
        signals: SIGNAL,
      });
      assertEquals([death.code, death.signal], [7, null]);
      assertEquals(death.stdout, "ready\nshutting down\ndone\n");
    });
  }
}

Deno.test("installPanicHandler() sends the last word where a later listener exits at once", async () => {
  const death = await assertLastWords(
    1,
    `install();
     Deno.addSignalListener("SIGTERM", () => Deno.exit(7));
     stay();
     ready();`,
    { signals: SIGNAL },
  );
  assertEquals(death.code, 7);
});

Deno.test("installPanicHandler() does not hear of the signal where an earlier listener exits at once", async () => {
  const death = await assertLastWords(
    0,
    `Deno.addSignalListener("SIGTERM", () => Deno.exit(7));
     install();
     stay();
     ready();`,
    { signals: SIGNAL },
  );
  assertEquals(death.code, 7);
});

Deno.test("installPanicHandler() sends nothing on a signal that a listener ends with the agent closed", async () => {
  const death = await assertLastWords(
    0,
    `install();
     Deno.addSignalListener("SIGTERM", () => {
       agent.close();
       Deno.exit(0);
     });
     stay();
     ready();`,
    { signals: SIGNAL },
  );
  assertEquals(death.code, 0);
});

Deno.test("installPanicHandler() sends nothing while a process lives on that listens to the signal, and calls the listener once for each", async () => {
  const death = await assertLastWords(
    0,
    `using handler = install();
     let calls = 0;
     Deno.addSignalListener("SIGTERM", () => {
       console.log("called", ++calls);
       if (calls < 3) ready();
     });
     ready();
     while (calls < 3) await sleep(10);
     await sleep(50);`,
    { signals: ["SIGTERM", "SIGTERM", "SIGTERM"] },
  );
  assertEquals(death.code, 0);
  assertEquals(
    death.stdout,
    "ready\ncalled 1\nready\ncalled 2\nready\ncalled 3\n",
  );
});

Deno.test("installPanicHandler() lets the process die by the next signal once its last listener has gone", async () => {
  for (
    const code of [
      'process.once("SIGTERM", listener); install();',
      'install(); process.once("SIGTERM", listener);',
    ]
  ) {
    const death = await assertLastWords(
      1,
      `const listener = () => { console.log("called"); setTimeout(ready, 50); };
       ${code} stay(); ready();`,
      { signals: ["SIGTERM", "SIGTERM"] },
    );
    assertEquals([death.signal, death.stdout], [
      "SIGTERM",
      "ready\ncalled\nready\n",
    ]);
  }
});

Deno.test("installPanicHandler() sends nothing once it is disposed of, and leaves signals and errors as they were", async () => {
  const dispose = "const handler = install(); handler[Symbol.dispose]();" +
    " handler[Symbol.dispose]();";
  for (const signal of SIGNALS) {
    const death = await assertLastWords(0, `${dispose} stay(); ready();`, {
      signals: [signal],
    });
    assertEquals(death.signal, signal);
  }
  const later = await assertLastWords(
    0,
    `${dispose} Deno.addSignalListener("SIGTERM", () => Deno.exit(7)); stay(); ready();`,
    { signals: SIGNAL },
  );
  assertEquals(later.code, 7);
  const error = await assertLastWords(0, `${dispose} throw new Error("gone");`);
  assertEquals(error.code, 1);
});

Deno.test("installPanicHandler() can be installed again, and for more agents, each with a last word", async () => {
  const death = await assertLastWords(
    2,
    `install()[Symbol.dispose]();
     const first = install();
     install();
     install();
     first[Symbol.dispose]();
     stay();
     ready();`,
    { signals: SIGNAL },
  );
  assertEquals(death.signal, "SIGTERM");
});

for (const last of ["Deno.exit(3);", "Deno.exitCode = 3;", ""]) {
  Deno.test(`installPanicHandler() sends nothing where the program ends with: ${last}`, async () => {
    const { code } = await assertLastWords(0, `install(); ${last}`);
    assertEquals(code, last === "" ? 0 : 3);
  });
}

Deno.test("installPanicHandler() keeps no process alive", async () => {
  const { code, stdout } = await assertLastWords(
    0,
    `install(); Deno.unrefTimer(stay());`,
  );
  assertEquals([code, stdout], [0, ""]);
});

for (const options of ["{}", '{ signals: ["SIGTERM"] }']) {
  for (const dispose of ["", "[Symbol.dispose]()"]) {
    Deno.test(`installPanicHandler(agent, ${options})${dispose} leaves a signal ignored that was`, async () => {
      const { signal, stdout } = await assertLastWords(
        dispose === "" ? 1 : 0,
        `install()${dispose};
         raise(${system.signals.SIGHUP});
         await sleep(200);
         console.log("alive");
         stay();
         ready();`,
        { signals: SIGNAL, ignored: ["SIGHUP"], options },
      );
      assertEquals([signal, stdout], ["SIGTERM", "alive\nready\n"]);
    });
  }
}

Deno.test({
  name: "installPanicHandler() works under a grant for the library's path",
  ignore: libraryPath === undefined,
  async fn() {
    const death = await assertLastWords(1, "install(); stay(); ready();", {
      signals: SIGNAL,
      library: libraryPath,
    });
    assertEquals([death.signal, death.stderr], ["SIGTERM", ""]);
  },
});

function canBeFirstProcess(): boolean {
  const [program, ...args] = AS_FIRST_PROCESS;
  return hasProgram(program, ...args, "true");
}

Deno.test({
  name:
    "installPanicHandler() sends nothing on a signal that the kernel spares the first process from",
  // An emulator spares nobody.
  ignore: isEmulated || !canBeFirstProcess(),
  async fn() {
    const { code, stdout } = await assertLastWords(
      0,
      `signal(${system.signals.SIGTERM}, null); // which Deno may handle by now
       install();
       raise(${system.signals.SIGTERM});
       await sleep(200);
       console.log("alive", Deno.pid);`,
      { under: AS_FIRST_PROCESS },
    );
    assertEquals([code, stdout], [0, "alive 1\n"]);
  },
});

Deno.test({
  name:
    "installPanicHandler() spares the first process where Deno handles the signal itself",
  ignore: isEmulated || !canBeFirstProcess(),
  async fn() {
    const [{ code, stdout }, words] = await runToDeath(
      `await sleep(1_000); // half of it until Deno does, from 2.9.2 on
       install();
       raise(${system.signals.SIGTERM});
       await sleep(200);
       console.log("alive", Deno.pid);`,
      "with",
      { under: AS_FIRST_PROCESS },
    );
    assertEquals([code, stdout, words], [0, "alive 1\n", 0]);
  },
});

Deno.test("installPanicHandler() throws NotSupported in a Worker", async () => {
  const { stdout } = await runDeno(
    `const code = \`import { installPanicHandler } from "${MODULE}";
       try {
         installPanicHandler({ beatTerminal() {} });
       } catch (error) {
         postMessage(error.name + ": " + error.message);
       }\`;
     const url = "data:text/javascript," + encodeURIComponent(code);
     const worker = new Worker(url, { type: "module" });
     worker.onmessage = ({ data }) => { console.log(data); worker.terminate(); };`,
    ["--allow-ffi", "--allow-read"],
  );
  assertStringIncludes(
    stdout,
    "NotSupported: Cannot install panic handler in a Worker: ",
  );
});

Deno.test("installPanicHandler() throws TypeError for an agent or an option that is wrong", () => {
  const agent = { beatTerminal: () => ({ kind: "sent" } as const) };
  const install = (...args: unknown[]) => () =>
    installPanicHandler(
      args[0] as typeof agent,
      args[1] as PanicHandlerOptions,
    );
  for (const wrong of [undefined, null, {}, 7]) {
    assertThrows(install(wrong), TypeError, "Cannot install panic handler: ");
  }
  for (const wrong of [null, 7, { signals: "SIGTERM" }, { signals: null }]) {
    assertThrows(
      install(agent, wrong),
      TypeError,
      "Cannot install panic handler: ",
    );
  }
  const names = ["SIGKILL", "SIGSTOP", "SIGCHLD", "SIGWINCH", "SIGNOPE"];
  for (const name of [...names, "sigterm", 15, null, "toString"]) {
    const error = assertThrows(
      install(agent, { signals: ["SIGTERM", name] }),
      TypeError,
    );
    assert(error.message.includes(Deno.inspect(name)), error.message);
  }
});
