import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Finding } from "../../src/cli/check/_finding.ts";
import { Status, Varta } from "../../mod.ts";
import {
  AS_PID_1,
  IN_PID_NAMESPACE,
  noPidNamespace,
} from "../support/pid_namespace.ts";
import { hasProgram, WITHOUT_CAPABILITIES } from "../support/process.ts";
import { ALL, check as runCheck } from "../support/run_check.ts";
import type { TestFolder } from "../support/test_folder.ts";
import { until } from "../support/until.ts";
import { BAD_VERSION, beatsOf } from "./metrics.ts";
import { type Release, RELEASES } from "./releases.ts";
import { testEachRelease } from "./test_each_release.ts";
import { noOtherUser, OTHER_UID, VartaWatch } from "./varta_watch.ts";

interface CheckOptions {
  /** More arguments. */
  args?: string[];
  /** A command that runs it. */
  under?: readonly string[];
  /** The token file, if not the observer's own. */
  tokenFile?: string;
}

/** Runs `check --metrics`, and returns its exit code and its findings by check. */
async function check(
  observer: VartaWatch,
  { args = [], under = [], tokenFile = observer.tokenFile }: CheckOptions = {},
): Promise<{ code: number; findings: Partial<Record<string, Finding>> }> {
  const { code, findings } = await runCheck(
    [
      ...[observer.path, "--metrics", observer.metricsUrl],
      ...tokenFile === undefined ? [] : ["--token-file", tokenFile],
      ...args,
    ],
    ALL,
    under,
  );
  const entries = findings.map((finding) => [finding.check, finding]);
  return { code, findings: Object.fromEntries(entries) };
}

function assertFinding(
  finding: Finding | undefined,
  level: Finding["level"],
  message: RegExp,
): void {
  assertEquals(finding?.level, level, Deno.inspect(finding));
  assertMatch(finding!.message, message);
}

const otherVersion = ({ version }: Release) => version === 1 ? 2 : 1;

testEachRelease(
  (observer) => `cli check says that ${observer} counts its version`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder);
    const { code, findings } = await check(observer);
    assertEquals(code, 0);
    const { version } = release;
    assertFinding(
      findings.beat,
      "ok",
      RegExp(`^the observer counted a beat of version ${version} from this`),
    );
    assertEquals(findings.beat!.advice, `connect with { version: ${version} }`);
    assertFinding(
      findings.observer,
      "ok",
      RegExp(`varta-watch" with pid ${observer.pid}$`),
    );
    assertEquals(findings.user?.level, "ok");
    assertEquals(findings.namespace?.level, "ok");
    // The pid that it names is the one that is counted.
    const pid = /report pid (\d+) as stalled/.exec(findings.beat!.message)![1];
    await observer.assertMetrics({ [beatsOf(Number(pid))]: 1 });
  },
);

testEachRelease(
  (observer) => `cli check says that ${observer} rejects the other version`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder);
    const args = ["--protocol", `${otherVersion(release)}`];
    const { code, findings } = await check(observer, { args });
    assertEquals(code, 1);
    const { version } = release;
    const advice = `connect with { version: ${version} }`;
    assertFinding(findings.beat, "fail", /and rejects version/);
    assertEquals(findings.beat!.advice, advice);
    // It knew that from the metrics, so it did not send the other version.
    await observer.assertMetrics({ [BAD_VERSION]: 0 });
  },
);

testEachRelease(
  (observer) => `cli check in another pid namespace than ${observer} fails`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder);
    const { code, findings } = await check(observer, {
      under: IN_PID_NAMESPACE,
    });
    assertEquals(code, 1);
    assertFinding(findings.namespace, "fail", /in another pid namespace/);
    assertMatch(findings.namespace!.advice!, /--pid=host/);
    assertFinding(findings.beat, "fail", /varta_frame_auth_failures_total/);
  },
  { reason: noPidNamespace },
);

testEachRelease(
  (observer) => `cli check in the pid namespace of ${observer} is ok`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder, {
      under: AS_PID_1,
    });
    const target = await until("the command has a child", async () => {
      const file = `/proc/${observer.pid}/task/${observer.pid}/children`;
      return (await Deno.readTextFile(file)).split(" ")[0];
    });
    const under = ["nsenter", `--target=${target}`, "--pid", "--mount"];
    const { code, findings } = await check(observer, { under });
    assertEquals(code, 0);
    assertEquals(findings.namespace?.level, "ok");
    assertEquals(findings.beat?.level, "ok");
  },
  { reason: noPidNamespace },
);

testEachRelease(
  (observer) => `cli check as pid 1 fails for ${observer}`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder);
    const args = ["--protocol", `${release.version}`];
    const { code, findings } = await check(observer, { args, under: AS_PID_1 });
    assertEquals(code, 1);
    if (release.version === 1) {
      assertEquals(findings.pid?.level, "ok");
      // Without --protocol, the metrics show that this is the version.
      const { findings: others } = await check(observer, { under: AS_PID_1 });
      assertEquals(others.pid?.level, "ok");
      assertFinding(findings.beat, "fail", /varta_frame_auth_failures_total/);
    } else {
      assertFinding(findings.pid, "fail", /has pid 1/);
      assertMatch(findings.pid!.advice!, /--init/);
      assertFinding(findings.beat, "fail", /init/);
    }
  },
  { reason: noPidNamespace },
);

/** Starts an observer as another user. */
async function startAsOtherUser(
  release: Release,
  folder: TestFolder,
  flags: string[] = [],
): Promise<{ observer: VartaWatch; tokenFile: string | undefined }> {
  const observer = await VartaWatch.start(release, folder, {
    uid: OTHER_UID,
    flags,
  });
  Deno.chmodSync(folder.path, 0o711);
  if (observer.tokenFile === undefined) {
    return { observer, tokenFile: undefined };
  }
  const tokenFile = folder.file("token");
  Deno.copyFileSync(observer.tokenFile, tokenFile);
  Deno.chownSync(tokenFile, 0, 0);
  return { observer, tokenFile };
}

testEachRelease(
  (observer) => `cli check at mode 0600 of another user's ${observer} fails`,
  async (release, folder) => {
    const started = await startAsOtherUser(release, folder);
    const { tokenFile } = started;
    await using observer = started.observer;
    const under = WITHOUT_CAPABILITIES;
    const { code, findings } = await check(observer, { under, tokenFile });
    assertEquals(code, 1);
    assertFinding(
      findings.receiver,
      "fail",
      /^this process, with uid 0, has no permission to send to ".*", a socket of uid 65534 with mode 0600$/,
    );
    assertEquals(findings.beat, undefined);
  },
  { reason: noOtherUser },
);

testEachRelease(
  (observer) => `cli check at mode 0666 of another user's ${observer} says why`,
  async (release, folder) => {
    const mode = ["--socket-mode", "0666"];
    const started = await startAsOtherUser(release, folder, mode);
    const { tokenFile } = started;
    await using observer = started.observer;
    const under = WITHOUT_CAPABILITIES;
    const { code, findings } = await check(observer, { under, tokenFile });
    const isCounted = release.version === 1;
    assertEquals(code, isCounted ? 0 : 1);
    // It cannot inspect the observer, but the metrics show the version.
    assertEquals(findings.observer, undefined);
    assertFinding(
      findings.user,
      isCounted ? "ok" : "fail",
      /^this process has uid 0, and the observer 65534; /,
    );
    if (isCounted) assertEquals(findings.beat?.level, "ok");
    else assertFinding(findings.beat, "fail", /varta_io_errors_total/);
  },
  { reason: noOtherUser },
);

testEachRelease(
  (observer) => `cli check says that ${observer} has no room for an agent`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder, {
      flags: ["--tracker-capacity", "1"],
    });
    using agent = Varta.connect(observer.path, release);
    assertEquals(agent.beat(Status.Ok), { kind: "sent" });
    await observer.assertMetrics({ [beatsOf(Deno.pid)]: 1 });
    const { code, findings } = await check(observer);
    assertEquals(code, 1);
    assertFinding(findings.beat, "fail", /tracker_capacity_exceeded_total/);
    assert(findings.beat!.advice!.includes("--tracker-capacity"));
  },
  { releases: RELEASES.slice(1) }, // 0.1.0 has a fixed capacity
);

/** Sends a frame of version 1 with a high nonce, and becomes the command of check. */
const AFTER_AN_AGENT = `
import os, socket, struct, sys
frame = struct.pack("<2sBBIQQQ", b"VA", 1, 0, os.getpid(), 0, 1000, 0)
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(frame, sys.argv[1])
os.execvp(sys.argv[2], sys.argv[2:])
`;

testEachRelease(
  (observer) =>
    `cli check after another agent of its pid fails for ${observer}`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder);
    const under = ["python3", "-c", AFTER_AN_AGENT, observer.path];
    const { code, findings } = await check(observer, { under });
    assertEquals(code, 1);
    assertFinding(
      findings.beat,
      "fail",
      /did not count .* no counter says why$/,
    );
    assertMatch(findings.beat!.advice!, /same pid may have sent higher nonces/);
  },
  {
    releases: RELEASES.slice(0, 1), // 0.2.0 would need a checksum in the frame
    reason: hasProgram("python3") ? undefined : "there is no python3",
  },
);

testEachRelease(
  (observer) => `cli check says that ${observer} is stopped, and then full`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder);
    Deno.kill(observer.pid, "SIGSTOP");
    const stopped = await check(observer);
    assertEquals(stopped.code, 1);
    assertFinding(stopped.findings.observer, "fail", /, and is stopped$/);
    using agent = Varta.connect(observer.path, release);
    while (agent.beat(Status.Ok).kind === "sent");
    const full = await check(observer);
    assertEquals(full.code, 1);
    assertFinding(full.findings.receiver, "fail", /queue .* is full/);
    Deno.kill(observer.pid, "SIGCONT");
    assertEquals((await check(observer)).code, 0);
  },
);

testEachRelease(
  (observer) => `cli check in another network namespace finds ${observer}`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder);
    const args = ["--protocol", `${release.version}`];
    // Its metrics cannot be read there, but its process is found.
    const { findings } = await check(observer, {
      args,
      under: ["unshare", "--net"],
    });
    assertFinding(
      findings.observer,
      "ok",
      RegExp(`varta-watch" with pid ${observer.pid}$`),
    );
    assertEquals(findings.namespace?.level, "ok");
    assertFinding(findings.metrics, "fail", /does not answer/);
    assertMatch(findings.metrics!.advice!, /--features prometheus-exporter/);
  },
  { reason: noPidNamespace },
);

testEachRelease(
  (observer) => `cli check says that ${observer} is gone`,
  async (release, folder) => {
    const killed = await VartaWatch.start(release, folder);
    await killed.kill();
    const afterKill = await check(killed);
    assertEquals(afterKill.code, 1);
    assertFinding(afterKill.findings.receiver, "fail", /^nothing receives at/);
    assertMatch(afterKill.findings.receiver!.advice!, /^start the observer/);
    assertEquals(afterKill.findings.beat, undefined);

    const ended = await VartaWatch.start(release, folder);
    await ended.terminate();
    const afterEnd = await check(ended);
    assertEquals(afterEnd.code, 1);
    assertFinding(afterEnd.findings.socket, "fail", /^there is no file at/);
    assertMatch(afterEnd.findings.socket!.advice!, /^start the observer/);
    assertEquals(afterEnd.findings.beat, undefined);
  },
);
