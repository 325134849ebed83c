import { assert, assertEquals } from "@std/assert";
import { notify } from "../../src/systemd/mod.ts";
import { blocksOf, writeConfig } from "../support/examples.ts";
import { isEmulated } from "../support/process.ts";
import { TestFolder } from "../support/test_folder.ts";
import { testUnless } from "../support/test_unless.ts";
import { until } from "../support/until.ts";
import { Manager } from "./receiver.ts";
import { reasonAgainstUserManager, UserManager } from "./user_manager.ts";

const [unit] = blocksOf("src/systemd/mod.ts", "ini");
const [server] = blocksOf("src/systemd/mod.ts", "ts ignore");

Deno.test("README.md has the unit and the server of systemd/mod.ts", () => {
  assert(blocksOf("README.md", "ini").includes(unit));
  assert(blocksOf("README.md", "ts ignore").includes(server));
});

/** The example as a program on a free port, in a folder. */
class Server {
  readonly path: string;
  readonly #url: string;

  constructor(folder: TestFolder) {
    const port = findFreePort();
    this.path = folder.file("main.ts");
    this.#url = `http://127.0.0.1:${port}/`;
    Deno.writeTextFileSync(
      this.path,
      server.replace("port: 8000", `port: ${port}`),
    );
    writeConfig(folder);
  }

  async request(): Promise<string> {
    return await (await fetch(this.#url)).text();
  }
}

function findFreePort(): number {
  using listener = Deno.listen({ port: 0 });
  return listener.addr.port;
}

async function untilReceived(manager: Manager, text: string): Promise<void> {
  await until(
    `${text} is received`,
    () => manager.receiveTexts().includes(text),
  );
}

const [, deno, args, main] = /^ExecStart=(\S+) (run .*) (\S+)$/m.exec(unit)!;

Deno.test("systemd/mod.ts has a server that notifies and pings", async () => {
  using folder = new TestFolder();
  using manager = new Manager();
  const example = new Server(folder);
  // An emulator takes minutes for a check.
  const check = isEmulated ? "--no-check" : "--check";
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args.split(" "), "--quiet", check, example.path],
    env: { WATCHDOG_USEC: "100000" },
    stdin: "null",
  }).spawn();
  try {
    await untilReceived(manager, "READY=1");
    assertEquals(await example.request(), "Hello");
    await untilReceived(manager, "STATUS=1 requests served");
    await example.request();
    await untilReceived(manager, "STATUS=2 requests served");
    await untilReceived(manager, "WATCHDOG=1");

    // The manager does not read any more. A wait for it would take 40 ms each time.
    while (notify({ status: "full" }));
    let least = Infinity;
    for (let i = 0; i < 20; i++) {
      const start = performance.now();
      assertEquals(await example.request(), "Hello");
      least = Math.min(least, performance.now() - start);
    }
    assert(least < 40, `${least} ms`);
    manager.drain();
    await example.request();
    await untilReceived(manager, "STATUS=23 requests served");
    child.kill("SIGTERM");
    await untilReceived(manager, "STOPPING=1");
    assertEquals((await child.status).code, 0);
  } finally {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
  }
});

/** Why the path of an example cannot stand in a unit as it is, if so. */
function reasonAgainstPath(): string | undefined {
  using folder = new TestFolder();
  return /^[\w./-]+$/.test(folder.path)
    ? undefined
    : "the path of the temporary folder needs quotes in a unit";
}

testUnless(
  reasonAgainstUserManager() ?? reasonAgainstPath(),
  "systemd/mod.ts has a unit that systemd runs and restarts",
  async () => {
    using folder = new TestFolder();
    await using manager = await UserManager.start();
    const example = new Server(folder);
    const show = (name: string) =>
      manager.show("main.service", name).then((values) => values[name]);
    // The times of the example are too long for a test.
    manager.configure("main.service", [
      "[Service]",
      "WatchdogSec=1",
      "TimeoutAbortSec=1",
    ]);
    await manager.startUnit(
      "main.service",
      unit.replace(deno, Deno.execPath()).replace(main, example.path),
    );
    await until("active", async () => await show("ActiveState") === "active");
    assertEquals(await example.request(), "Hello");
    await until(
      "the status",
      async () => await show("StatusText") === "1 requests served",
    );

    await manager.systemctl("kill", "--signal=STOP", "main.service");
    await until("restarted", async () => await show("NRestarts") === "1");
    await until("active", async () => await show("ActiveState") === "active");
    assertEquals(await example.request(), "Hello");

    await manager.systemctl("stop", "main.service");
    const { ActiveState, Result } = await manager.show(
      "main.service",
      "ActiveState",
      "Result",
    );
    assertEquals({ ActiveState, Result }, {
      ActiveState: "inactive",
      Result: "success",
    });
  },
);
