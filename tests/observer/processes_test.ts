import { assert, assertEquals, assertMatch } from "@std/assert";
import { system } from "../../ffi/system.ts";
import { Observer } from "../../src/observer/mod.ts";
import { libraryPath } from "../support/library_path.ts";
import { TestFolder } from "../support/observer.ts";
import {
  hasProgram,
  isEmulated,
  MODULE,
  openDescriptors,
  runDeno,
} from "../support/process.ts";
import { ALL_SANITIZERS as ALL, runTests } from "../support/user_tests.ts";

const OBSERVER = import.meta.resolve("../../src/observer/mod.ts");
const IMPORT = `
  import { Status, Varta } from "${MODULE}";
  import { Observer } from "${OBSERVER}";`;

Deno.test("Observer keeps no process alive where no loop runs", async () => {
  using folder = new TestFolder();
  const { code, stdout, stderr } = await runDeno(
    `${IMPORT}
     const path = "${folder.file("socket")}";
     globalThis.observer = Observer.bind(path);
     const agent = Varta.connect(path);
     agent.beat(Status.Ok);
     console.log(observer.receive().kind);
     agent.beat(Status.Ok);
     for await (const { kind } of observer) { console.log(kind); break; }
     agent.beat(Status.Ok);
     const stalls = observer.stalls(50);
     console.log((await stalls.next()).value.kind);
     await stalls.return();
     observer[Symbol.asyncIterator](); // never begun`,
    ["--allow-ffi"],
  );
  assertEquals({ code, stdout, stderr }, {
    code: 0,
    stdout: "beat\nbeat\nstalled",
    stderr: "",
  });
});

Deno.test("Observer lets a process end in every way while a loop runs", async () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  const endings = {
    "setTimeout(() => Deno.exit(3), 50);": 3,
    "setTimeout(() => { throw new Error(); }, 50);": 1,
    "setTimeout(() => observer.close(), 50);": 0,
  };
  for (const [ending, expected] of Object.entries(endings)) {
    const { code } = await runDeno(
      `${IMPORT}
       const observer = Observer.bind("${path}");
       ${ending}
       for await (const _ of observer);`,
      ["--allow-ffi"],
    );
    assertEquals(code, expected, ending);
  }
});

Deno.test("Observer lets a process end whose Worker was terminated in a loop", async () => {
  using folder = new TestFolder();
  const worker = `${IMPORT}
    const observer = Observer.bind("${folder.file("socket")}");
    postMessage("bound");
    for await (const _ of observer);`;
  const { code, stdout } = await runDeno(
    `const url = URL.createObjectURL(
       new Blob([${JSON.stringify(worker)}], { type: "text/typescript" }));
     const worker = new Worker(url, { type: "module" });
     worker.onmessage = () => setTimeout(() => {
       worker.terminate();
       console.log("terminated");
     }, 100);`,
    ["--allow-all"],
  );
  assertEquals({ code, stdout }, { code: 0, stdout: "terminated" });
});

Deno.test("Observer passes the sanitizers of a user's tests that import it", async () => {
  using folder = new TestFolder();
  const { success, output, leaks } = await runTests(`
    ${IMPORT}
    const path = "${folder.file("socket")}";
    Deno.test("receive", ${ALL}, () => {
      using observer = Observer.bind(path);
      using agent = Varta.connect(path);
      agent.beat(Status.Ok);
      if (observer.receive()?.kind !== "beat") throw new Error("none");
    });
    Deno.test("a loop left by break", ${ALL}, async () => {
      using observer = Observer.bind(path);
      using agent = Varta.connect(path);
      agent.beat(Status.Ok);
      for await (const _ of observer) break;
    });
    Deno.test("loops ended by close", ${ALL}, async () => {
      using observer = Observer.bind(path);
      const loops = [
        (async () => { for await (const _ of observer); })(),
        (async () => { for await (const _ of observer.stalls(1_000)); })(),
      ];
      await new Promise((resolve) => setTimeout(resolve, 10));
      observer.close();
      await Promise.all(loops);
    });
    Deno.test("a takeover", ${ALL}, () => {
      Observer.bind(path); // left open, and so alive
      try { Observer.bind(path); } catch {}
    });
    Deno.test("a stall, with the next one's timer running", ${ALL}, async () => {
      using observer = Observer.bind(path + "2");
      using agent = Varta.connect(path + "2");
      agent.beat(Status.Ok);
      for await (const { kind } of observer.stalls(20)) {
        if (kind === "returned") break;
        agent.beat(Status.Ok);
      }
    });`);
  assertEquals({ success, leaks }, { success: true, leaks: [] }, output);
  assertMatch(output, /5 passed/);
});

Deno.test({
  name:
    "Observer does all that it does under a grant for the library's path, and nothing more",
  ignore: libraryPath === undefined,
  async fn() {
    using folder = new TestFolder();
    const { stdout, stderr } = await runDeno(
      `${IMPORT}
       const path = "${folder.file("socket")}";
       const observer = Observer.bind(path, { mode: 0o666 });
       try { Observer.bind(path); } catch ({ name }) { console.log(name); }
       const agent = Varta.connect(path, { version: 2 });
       agent.beat(Status.Ok, 7);
       for await (const { kind, frame, peer } of observer) {
         console.log(kind, frame.payload, peer?.pid ?? Deno.pid);
         break;
       }
       agent.beat(Status.Ok, 8);
       for await (const { kind } of observer.stalls(50)) {
         console.log(kind);
         observer.close();
       }
       console.log(agent.beat(Status.Ok).kind, Deno.pid);`,
      [`--allow-ffi=${libraryPath}`, "--no-prompt"],
    );
    assertEquals(stderr, "");
    const pid = stdout.split(" ").at(-1);
    assertEquals(stdout.split("\n"), [
      "AddrInUse",
      `beat 7n ${pid}`,
      "stalled",
      `dropped ${pid}`,
    ]);
  },
});

Deno.test("Observer.bind() throws NotCapable, and names the flag, without permission", async () => {
  using folder = new TestFolder();
  const { stdout, stderr } = await runDeno(
    `${IMPORT}
     try {
       Observer.bind("${folder.file("socket")}");
     } catch ({ name, message }) {
       console.log(name, message);
     }`,
    ["--no-prompt"],
  );
  assertEquals(stderr, "");
  assertMatch(stdout, /^NotCapable Cannot call the C library .*--allow-ffi/);
});

Deno.test("Varta opens none of the functions that receive", async () => {
  const { stdout } = await runDeno(
    `const opened = [];
     const { dlopen } = Deno;
     Deno.dlopen = (path, wanted) => {
       opened.push(...Object.keys(wanted));
       return dlopen(path, wanted);
     };
     await import("${MODULE}");
     console.log(opened.filter((name) =>
       /recv|bind|poll|pair|fch|flock|stat|unlink/.test(name)).length);
     await import("${OBSERVER}");
     console.log(["poll", "bind"].every((name) => opened.includes(name)));`,
    ["--allow-ffi"],
  );
  assertEquals(stdout.split("\n"), ["0", "true"]);
});

Deno.test({
  name:
    "Observer receives a descriptor that is sent along as nothing but bytes",
  // QEMU receives into a control buffer of its own, which has more room.
  ignore: Deno.build.os !== "linux" || !hasProgram("python3") || isEmulated,
  async fn() {
    using folder = new TestFolder();
    const path = folder.file("socket");
    using observer = Observer.bind(path);
    const before = openDescriptors();
    const { success, stderr } = await new Deno.Command("python3", {
      args: [
        "-c",
        `import array, os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect(sys.argv[1])
for count in (1, 2, 250):
    fds = array.array("i", [os.open("/dev/null", os.O_RDONLY)] * count)
    s.sendmsg([b"descriptors"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])`,
        path,
      ],
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    for (let i = 0; i < 3; i++) {
      const observation = observer.receive();
      assert(observation?.kind === "rejected");
      assertEquals(
        observation.bytes,
        new TextEncoder().encode("descriptors"),
      );
      assert(observation.peer && observation.peer.pid !== Deno.pid);
    }
    assertEquals(openDescriptors(), before);
  },
});

Deno.test({
  name:
    "Observer rejects a child's frame that names its parent, and tells the child",
  ignore: system.SO_PASSCRED === 0,
  async fn() {
    using folder = new TestFolder();
    const path = folder.file("socket");
    using observer = Observer.bind(path);
    const { stdout } = await runDeno(
      `${IMPORT}
       import { DatagramSocket } from "${
        import.meta.resolve("../../ffi/datagram_socket.ts")
      }";
       import { libc } from "${import.meta.resolve("../../ffi/libc.ts")}";
       import { unixAddress } from "${
        import.meta.resolve("../../ffi/socket_address.ts")
      }";
       import { encodeFrame } from "${MODULE}";
       const words = new Uint32Array(8);
       const memory = libc().memoryOf(words, 0, 8);
       const socket = DatagramSocket.connect(unixAddress("${path}"));
       for (const pid of [${Deno.pid}, Deno.pid]) {
         encodeFrame({ version: 2, status: 0, pid, timestamp: 0n, nonce: 1n, payload: 0n }, new Uint8Array(words.buffer));
         socket.send({ memory }, 32n);
       }
       console.log(Deno.pid);`,
      ["--allow-ffi"],
    );
    const told = [observer.receive(), observer.receive()].map((observation) =>
      observation && [
        observation.kind === "beat" ? "beat" : observation.reason,
        observation.peer?.pid,
      ]
    );
    const child = Number(stdout);
    assertEquals(told, [["PidMismatch", child], ["beat", child]]);
  },
});
