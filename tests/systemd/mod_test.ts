import { assert, assertEquals } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import type { BeatOutcome, BeatSender, Status } from "../../mod.ts";
import * as systemd from "../../src/systemd/mod.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("systemd/mod.ts exports the names of the contract, and no other", () => {
  assertEquals(Object.keys(systemd).sort(), ["SystemdWatchdog", "notify"]);
});

Deno.test("systemd/mod.ts has the types of the contract", () => {
  type State = {
    ready?: true;
    reloading?: true;
    stopping?: true;
    status?: string;
    errno?: number;
    exitStatus?: number;
    mainPid?: number;
    extendTimeout?: number;
    watchdogTimeout?: number;
    watchdog?: true | "trigger";
    restartReset?: true;
    notifyAccess?: "none" | "main" | "exec" | "all";
  };
  assertType<IsExact<systemd.NotifyState, State>>(true);
  assertType<
    IsExact<typeof systemd.notify, (state: systemd.NotifyState) => boolean>
  >(true);
  type Watchdog = systemd.SystemdWatchdog;
  assertType<
    IsExact<typeof systemd.SystemdWatchdog.connect, () => Watchdog | undefined>
  >(true);
  assertType<
    IsExact<
      Watchdog["beat"],
      (status: Status, payload?: number | bigint) => BeatOutcome
    >
  >(true);
  assertType<IsExact<Watchdog["interval"], number>>(true);
  assertType<IsExact<Watchdog["close"], () => void>>(true);
  assertType<Watchdog extends BeatSender & Disposable ? true : false>(true);
});

/** The modules that a module loads, as paths from the root. */
async function modulesOf(path: string): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", path],
    cwd: ROOT,
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout));
  return (modules as { specifier: string }[]).map(({ specifier }) =>
    specifier.replace(ROOT.href, "")
  );
}

Deno.test("mod.ts loads nothing of systemd", async () => {
  const isSystemd = (path: string) => path.startsWith("src/systemd/");
  const modules = await modulesOf("mod.ts");
  assert(modules.includes("src/agent/varta.ts"));
  assertEquals(modules.filter(isSystemd), []);
  assert((await modulesOf("src/systemd/mod.ts")).some(isSystemd));
});

Deno.test("systemd/mod.ts loads neither agents nor observers", async () => {
  const folders = new Set(
    (await modulesOf("src/systemd/mod.ts")).map((path) =>
      path.split("/").slice(0, -1).join("/")
    ),
  );
  assertEquals([...folders].sort(), [
    "ffi",
    "ffi/process",
    "ffi/systems",
    "src",
    "src/agent",
    "src/endpoint",
    "src/frame",
    "src/systemd",
  ]);
  const modules = await modulesOf("src/systemd/mod.ts");
  assert(!modules.includes("src/agent/varta.ts"));
});
