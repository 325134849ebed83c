import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  AS_PID_1,
  IN_PID_NAMESPACE,
  noPidNamespace,
} from "../support/pid_namespace.ts";
import { resultOf, WITHOUT_CAPABILITIES } from "../support/process.ts";
import { until } from "../support/until.ts";
import { AUTH_FAILURES, beatsOf, IO_ERRORS } from "./metrics.ts";
import { type Release, RELEASES } from "./releases.ts";
import { testEachRelease } from "./test_each_release.ts";
import { noOtherUser, OTHER_UID, VartaWatch } from "./varta_watch.ts";

const BEATS = 5;
interface AgentResult {
  pid: number;
  outcomes?: string[];
  error?: { name: string; message: string };
}

/** Runs an agent that beats a few times, by a command that runs it. */
function runAgent(
  path: string,
  { version }: Release,
  under: readonly string[],
): Promise<AgentResult> {
  const program = import.meta.resolve("./programs/agent.ts");
  const args = [path, `${version}`, `${BEATS}`];
  return resultOf(program, args, ["--allow-ffi"], { under });
}

function assertSent({ outcomes, error }: AgentResult) {
  assertEquals(error, undefined);
  assertEquals(outcomes, Array(BEATS).fill("sent"));
}

/** The first child of a process. */
function childOf(pid: number): Promise<string> {
  return until("the command has a child", async () => {
    const file = `/proc/${pid}/task/${pid}/children`;
    return (await Deno.readTextFile(file)).split(" ")[0];
  });
}

testEachRelease(
  (observer) =>
    `Varta.beat() in a private pid namespace is rejected by ${observer}`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder);
    const result = await runAgent(observer.path, release, IN_PID_NAMESPACE);
    assertSent(result);
    assert(result.pid > 1);
    await observer.assertMetrics({
      [beatsOf(result.pid)]: undefined,
      [AUTH_FAILURES]: BEATS,
    });
  },
  { reason: noPidNamespace },
);

testEachRelease(
  (observer) => `Varta.beat() in the pid namespace of ${observer} is counted`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder, {
      under: AS_PID_1,
    });
    const target = await childOf(observer.pid);
    const result = await runAgent(observer.path, release, [
      ...["nsenter", `--target=${target}`, "--pid", "--mount"],
    ]);
    assertSent(result);
    await observer.assertMetrics({
      [beatsOf(result.pid)]: BEATS,
      [AUTH_FAILURES]: 0,
    });
  },
  { reason: noPidNamespace },
);

testEachRelease(
  (observer) => `Varta.beat() as pid 1 is rejected by ${observer}`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder);
    const result = await runAgent(observer.path, release, AS_PID_1);
    assertEquals(result.pid, 1);
    assertSent(result);
    await observer.assertMetrics({
      [beatsOf(1)]: undefined,
      [AUTH_FAILURES]: BEATS,
    });
  },
  { releases: RELEASES.slice(0, 1), reason: noPidNamespace },
);

testEachRelease(
  (observer) => `Varta.connect() as pid 1 throws in the version of ${observer}`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder);
    const { error } = await runAgent(observer.path, release, AS_PID_1);
    assertEquals(error?.name, "NotSupported");
    assertStringIncludes(error!.message, "init");
  },
  { releases: RELEASES.slice(1), reason: noPidNamespace },
);

testEachRelease(
  (observer) =>
    `Varta.connect() as another user fails at mode 0600 of ${observer}`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder, {
      uid: OTHER_UID,
    });
    Deno.chmodSync(folder.path, 0o711);
    const { error } = await runAgent(
      observer.path,
      release,
      WITHOUT_CAPABILITIES,
    );
    assertEquals(error?.name, "PermissionDenied");
  },
  { reason: noOtherUser },
);

testEachRelease(
  (observer) => `Varta.beat() as another user reaches ${observer} at mode 0666`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder, {
      uid: OTHER_UID,
      flags: ["--socket-mode", "0666"],
    });
    Deno.chmodSync(folder.path, 0o711);
    const result = await runAgent(
      observer.path,
      release,
      WITHOUT_CAPABILITIES,
    );
    assertSent(result);
    // 0.2.0 accepts only its own user's beats.
    await observer.assertMetrics(
      release.version === 1
        ? { [beatsOf(result.pid)]: BEATS, [IO_ERRORS]: 0 }
        : { [beatsOf(result.pid)]: undefined, [IO_ERRORS]: BEATS },
    );
  },
  { reason: noOtherUser },
);
