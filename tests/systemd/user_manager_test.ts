import { assertEquals, assertGreaterOrEqual, assertMatch } from "@std/assert";
import { Status } from "../../src/frame/status.ts";
import type { NotifyState } from "../../src/systemd/mod.ts";
import { testUnless } from "../support/test_unless.ts";
import { until } from "../support/until.ts";
import { call, callWithoutResult } from "./control.ts";
import { reasonAgainstUserManager, UserManager } from "./user_manager.ts";

const PROGRAM = new URL("./programs/service.ts", import.meta.url).pathname;
const ALLOW_ENV = "--allow-env=NOTIFY_SOCKET,WATCHDOG_USEC,WATCHDOG_PID";
const UNIT = "service.service";

/** In seconds. */
const SLOW_CHECKS_FOR = Number(Deno.env.get("SLOW_CHECKS_FOR") ?? 6);

const reason = reasonAgainstUserManager();

/** Quotes an argument for `ExecStart=`. */
function quote(argument: string): string {
  const escaped = argument.replace(/["\\]/g, "\\$&").replaceAll("%", "%%")
    .replaceAll("$", "$$$$");
  return `"${escaped}"`;
}

/** A service of a user manager, which runs `programs/service.ts`. */
class Service {
  readonly #manager: UserManager;
  readonly #path: string;

  private constructor(manager: UserManager) {
    this.#manager = manager;
    this.#path = manager.folder.file("control");
  }

  /**
   * Starts the service.
   *
   * @param settings Lines of the unit.
   * @param under A command to run it under.
   */
  static async start(
    manager: UserManager,
    settings: string[] = [],
    under: string[] = [],
  ): Promise<Service> {
    const service = new Service(manager);
    const command = [
      ...[...under, Deno.execPath(), "run", "--no-check", "--no-config"],
      ...["--allow-ffi", ALLOW_ENV, "--allow-read", "--allow-write"],
      ...["--allow-net", PROGRAM, service.#path],
    ];
    await manager.startUnit(
      UNIT,
      [
        "[Service]",
        "Type=notify",
        "NotifyAccess=main",
        "Restart=on-watchdog", // and not if a test breaks the service
        ...settings,
        `ExecStart=${command.map(quote).join(" ")}`,
        "",
      ].join("\n"),
    );
    await until("the service is started", () => service.isListening());
    return service;
  }

  async isListening(): Promise<boolean> {
    try {
      await this.call("interval");
      return true;
    } catch {
      return false;
    }
  }

  call(command: string, argument?: unknown): Promise<unknown> {
    return call(this.#path, command, argument);
  }

  notify(state: NotifyState): Promise<unknown> {
    return this.call("notify", state);
  }

  /** Calls a command, after which the service may be gone. */
  start(command: string, argument?: unknown): Promise<void> {
    return callWithoutResult(this.#path, command, argument);
  }

  show<Name extends string>(...names: Name[]): Promise<Record<Name, string>> {
    return this.#manager.show(UNIT, ...names);
  }

  async state(): Promise<string> {
    return (await this.show("ActiveState")).ActiveState;
  }

  /** Waits for a restart by systemd, and returns how often that was. */
  async restarts(): Promise<number> {
    const restarts = await until(
      "the service is restarted",
      async () => Number((await this.show("NRestarts")).NRestarts),
    );
    await until("the service runs again", () => this.isListening());
    return restarts;
  }

  /** Waits until systemd has received pings for some time. */
  async pingsFor(seconds: number): Promise<void> {
    const start = await this.#lastPing();
    await until(
      "systemd has received pings",
      async () => await this.#lastPing() - start >= seconds * 1e6,
    );
  }

  async #lastPing(): Promise<number> {
    const { WatchdogTimestampMonotonic } = await this.show(
      "WatchdogTimestampMonotonic",
    );
    return Number(WatchdogTimestampMonotonic);
  }
}

testUnless(reason, "systemd makes a unit active only with READY", async () => {
  await using manager = await UserManager.start();
  const service = await Service.start(manager);
  assertEquals(await service.state(), "activating");

  assertEquals(await service.notify({ status: "Starting" }), true);
  const before = await service.show("ActiveState", "StatusText");
  assertEquals(before, { ActiveState: "activating", StatusText: "Starting" });

  await service.notify({ ready: true, status: "Bereit für 日本 🦕" });
  assertEquals(await service.show("ActiveState", "StatusText", "StatusErrno"), {
    ActiveState: "active",
    StatusText: "Bereit für 日本 🦕",
    StatusErrno: "0",
  });

  await service.notify({ status: "", errno: 13 });
  assertEquals(await service.show("StatusText", "StatusErrno"), {
    StatusText: "",
    StatusErrno: "13",
  });

  await service.notify({ stopping: true });
  assertEquals(await service.state(), "deactivating");
  await service.start("exit", 0);
  await until(
    "it is stopped",
    async () => await service.state() === "inactive",
  );
});

testUnless(
  reason,
  "systemd finds notify() again after daemon-reexec",
  async () => {
    await using manager = await UserManager.start();
    const service = await Service.start(manager, ["WatchdogSec=60"]);
    await service.notify({ ready: true, status: "before" });

    await manager.systemctl("daemon-reexec");

    assertEquals(await service.notify({ status: "after" }), true);
    assertEquals(await service.call("beat", 0), { kind: "sent" });
    const { StatusText } = await service.show("StatusText");
    assertEquals(StatusText, "after");
  },
);

testUnless(
  reason,
  "systemd restarts a unit whose event loop hangs",
  async () => {
    await using manager = await UserManager.start();
    const service = await Service.start(manager, ["WatchdogSec=1"]);
    assertEquals(await service.call("interval"), 500);
    await service.call("startHeartbeat");
    await service.notify({ ready: true });
    await service.pingsFor(3);
    assertEquals((await service.show("NRestarts")).NRestarts, "0");

    await service.start("hang");

    assertEquals(await service.restarts(), 1);
  },
);

testUnless(reason, "systemd sees pings if a check never settles", async () => {
  await using manager = await UserManager.start();
  const service = await Service.start(manager, ["WatchdogSec=1"]);
  await service.call("startHeartbeat", { ms: null });
  await service.notify({ ready: true });

  await service.pingsFor(3);

  assertEquals(await service.show("ActiveState", "NRestarts"), {
    ActiveState: "active",
    NRestarts: "0",
  });
});

testUnless(reason, "systemd sees pings if a check is slow", async () => {
  await using manager = await UserManager.start();
  const service = await Service.start(manager, ["WatchdogSec=1"]);
  await service.call("startHeartbeat", { ms: 900 });
  await service.notify({ ready: true });

  await service.pingsFor(SLOW_CHECKS_FOR);

  assertEquals(await service.show("ActiveState", "NRestarts"), {
    ActiveState: "active",
    NRestarts: "0",
  });
});

testUnless(reason, "systemd restarts a unit after checkTimeout", async () => {
  await using manager = await UserManager.start();
  const service = await Service.start(manager, ["WatchdogSec=60"]);
  await service.notify({ ready: true });
  await service.start("startHeartbeat", { ms: null, checkTimeout: 500 });
  assertEquals(await service.restarts(), 1);
});

testUnless(
  reason,
  "systemd restarts a unit at once if a beat is Critical",
  async () => {
    await using manager = await UserManager.start();
    const service = await Service.start(manager, ["WatchdogSec=1h"]);
    await service.notify({ ready: true });
    assertEquals(await service.call("beat", Status.Degraded), { kind: "sent" });
    assertEquals(await service.state(), "active");

    await service.start("beat", Status.Critical);

    assertEquals(await service.restarts(), 1);
  },
);

testUnless(reason, "systemd changes the timeout of the watchdog", async () => {
  await using manager = await UserManager.start();
  const service = await Service.start(manager, ["WatchdogSec=1h"]);
  await service.notify({ ready: true, watchdogTimeout: 1_500 });
  const { WatchdogUSec } = await service.show("WatchdogUSec");
  assertMatch(WatchdogUSec, /^1\.50*s$/);

  // The service does not ping.
  assertEquals(await service.restarts(), 1);
});

testUnless(reason, "systemd extends the timeout of a start", async () => {
  await using manager = await UserManager.start();
  const service = await Service.start(manager, [
    "TimeoutStartSec=1",
    "Restart=no",
  ]);

  await service.notify({ extendTimeout: 2_500 });

  await until("it fails", async () => await service.state() === "failed");
  const { Result, ...main } = await service.show(
    "Result",
    "ExecMainStartTimestampMonotonic",
    "ExecMainExitTimestampMonotonic",
  );
  assertEquals(Result, "timeout");
  const start = Number(main.ExecMainStartTimestampMonotonic);
  const end = Number(main.ExecMainExitTimestampMonotonic);
  assertGreaterOrEqual(end - start, 2_500_000);
});

testUnless(
  reason,
  "systemd ignores what a child of a shell sends",
  async () => {
    await using manager = await UserManager.start();
    const shell = ["/bin/sh", "-c", '"$@"; true', "sh"];
    const service = await Service.start(manager, ["WatchdogSec=1h"], shell);

    assertEquals(await service.call("interval"), null);
    await service.notify({ ready: true, status: "ignored" });

    assertEquals(await service.show("ActiveState", "StatusText"), {
      ActiveState: "activating",
      StatusText: "",
    });
  },
);

testUnless(
  reason,
  "systemd accepts what a shell sends after exec",
  async () => {
    await using manager = await UserManager.start();
    const shell = ["/bin/sh", "-c", 'exec "$@"', "sh"];
    const service = await Service.start(manager, ["WatchdogSec=1h"], shell);

    assertEquals(await service.call("interval"), 1_800_000);
    await service.notify({ ready: true });

    assertEquals(await service.state(), "active");
  },
);

testUnless(reason, "systemd takes a carriage return as a newline", async () => {
  await using manager = await UserManager.start();
  const service = await Service.start(manager);

  await service.call("send", "STATUS=a\rREADY=1");

  // So notify() refuses it.
  assertEquals(await service.show("ActiveState", "StatusText"), {
    ActiveState: "active",
    StatusText: "a",
  });
});

testUnless(reason, "systemd ignores more than 4096 bytes", async () => {
  await using manager = await UserManager.start();
  const service = await Service.start(manager);
  const ready = "READY=1\nSTATUS=";

  await service.call("send", ready + "x".repeat(4097 - ready.length));
  assertEquals(await service.state(), "activating");

  await service.call("send", ready + "x".repeat(4096 - ready.length));
  assertEquals(await service.state(), "active");
});

testUnless(reason, "systemd reads the longest state of notify()", async () => {
  await using manager = await UserManager.start();
  const service = await Service.start(manager);
  const status = "x".repeat(3840);

  await service.notify({
    ready: true,
    status,
    errno: 4095,
    exitStatus: 255,
    mainPid: Number((await service.show("MainPID")).MainPID),
    extendTimeout: 9007199254740,
    watchdogTimeout: 9007199254740,
    watchdog: true,
    restartReset: true,
    notifyAccess: "main",
  });

  assertEquals(await service.show("ActiveState", "StatusText"), {
    ActiveState: "active",
    StatusText: status,
  });
});
