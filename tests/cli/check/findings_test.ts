import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  beatFindings,
  connectFinding,
  fileFinding,
  type FileInfo,
  type Finding,
  namespaceFinding,
  observerFinding,
  type ObserverProcess,
  pidFinding,
  type Trial,
  userFinding,
} from "../../../src/cli/check/_findings.ts";

const PATH = "/run/varta.sock";

/** Asserts the level and a part of the message. Each problem has advice. */
function assertFinding(
  finding: Finding,
  level: Finding["level"],
  message: RegExp,
): void {
  assertEquals(finding.level, level, finding.message);
  assertMatch(finding.message, message);
  if (level !== "ok") assert(finding.advice, finding.message);
}

function file(fields: Partial<FileInfo>): FileInfo {
  return {
    isBlockDevice: false,
    isCharDevice: false,
    isDirectory: false,
    isFifo: false,
    isSocket: false,
    mode: 0o140600,
    uid: 42,
    ...fields,
  };
}

Deno.test("fileFinding() shows the owner and the mode of a socket", () => {
  const finding = fileFinding(PATH, file({ isSocket: true }));
  assertFinding(finding, "ok", /"\/run\/varta.sock" .* uid 42 with mode 0600$/);
});

Deno.test("fileFinding() fails for a file that is not a socket", () => {
  for (
    const [fields, type] of [
      [{}, /is a file, not a socket/],
      [{ isFifo: true }, /is a FIFO/],
      [{ isDirectory: true }, /is a directory/],
      [{ isCharDevice: true }, /is a device/],
      [{ isBlockDevice: true }, /is a device/],
    ] as const
  ) assertFinding(fileFinding(PATH, file(fields)), "fail", type);
});

function refused(code: string): Error & { code: string } {
  return Object.assign(new Error("the message"), { code });
}

Deno.test("connectFinding() explains the errors of a connect", () => {
  for (
    const [code, message] of [
      ["ENOENT", /there is no file/],
      ["ECONNREFUSED", /nothing receives/],
      ["EPROTOTYPE", /not a datagram socket/],
    ] as const
  ) {
    const finding = connectFinding(PATH, refused(code), undefined, null);
    assertFinding(finding, "fail", message);
  }
  const other = connectFinding(PATH, refused("ENFILE"), undefined, null);
  assertEquals([other.level, other.message], ["fail", "the message"]);
});

Deno.test("connectFinding() shows what is known about a permission", () => {
  const socket = file({ isSocket: true });
  for (const code of ["EACCES", "EPERM"]) {
    assertFinding(
      connectFinding(PATH, refused(code), socket, 7),
      "fail",
      /with uid 7, has no permission .* socket of uid 42 with mode 0600$/,
    );
  }
  const unknown = connectFinding(PATH, refused("EACCES"), undefined, null);
  assertFinding(unknown, "fail", /^this process has no permission .*sock"$/);
});

Deno.test("userFinding() depends on the release if the uids differ", () => {
  assertFinding(userFinding(5, 5, undefined), "ok", /have uid 5$/);
  assertFinding(
    userFinding(5, 6, undefined),
    "warn",
    /uid 5, and the observer 6;/,
  );
  assertFinding(
    userFinding(5, 6, "0.2.0"),
    "fail",
    /uid 5, and the observer 6;/,
  );
  assertFinding(userFinding(5, 6, "0.1.0"), "ok", /uid 5, and the observer 6;/);
});

Deno.test("pidFinding() depends on the version if the pid is 1", () => {
  assertFinding(pidFinding(1, 2, undefined), "fail", /has pid 1/);
  assertFinding(pidFinding(1, undefined, undefined), "warn", /has pid 1/);
  assertFinding(pidFinding(1, 1, "deno"), "ok", /has pid 1$/);
  assertFinding(pidFinding(7, 2, "systemd"), "ok", /has pid 7$/);
});

Deno.test("pidFinding() warns if an agent may be pid 1", () => {
  assertFinding(pidFinding(7, 2, "deno"), "warn", /pid 7, but a deno/);
  assertFinding(pidFinding(7, undefined, "deno"), "warn", /but a deno/);
  assertFinding(pidFinding(7, 1, "deno"), "ok", /has pid 7$/);
});

const observer: ObserverProcess = { pid: 9, uid: 0, namespace: "pid:[1]" };

Deno.test("namespaceFinding() compares the pid namespaces", () => {
  const same = { namespace: "pid:[1]", isListed: true, observer, hidden: 3 };
  assertFinding(namespaceFinding(same), "ok", /share a pid namespace/);
  const other = { ...same, namespace: "pid:[2]" };
  assertFinding(namespaceFinding(other), "fail", /another pid namespace/);
});

Deno.test("namespaceFinding() fails if no process here has the socket", () => {
  const finding = namespaceFinding({
    namespace: "pid:[1]",
    isListed: true,
    hidden: 0,
  });
  assertFinding(finding, "fail", /another pid namespace/);
});

Deno.test("namespaceFinding() warns if it cannot inspect everything", () => {
  const base = { namespace: "pid:[1]", isListed: true };
  const hidden = namespaceFinding({ ...base, hidden: 3 });
  assertFinding(hidden, "warn", /namespace is unknown.*3 could not/);
  const unreadable = { ...observer, namespace: undefined };
  const unknown = namespaceFinding({
    ...base,
    observer: unreadable,
    hidden: 0,
  });
  assertFinding(unknown, "warn", /process 9 could not be inspected/);
  const unlisted = namespaceFinding({ ...base, isListed: false, hidden: 0 });
  assertFinding(unlisted, "warn", /another network namespace/);
});

Deno.test("observerFinding() shows the program and its version", () => {
  const unknown = observerFinding(observer, 1);
  assertFinding(unknown, "ok", /is unknown, pid 9, version unknown$/);
  const program = { ...observer, program: "/bin/varta-watch" };
  assertFinding(
    observerFinding({ ...program, version: "0.2.0" }, 2),
    "ok",
    /"\/bin\/varta-watch", pid 9, version 0.2.0, which counts version 2/,
  );
});

Deno.test("observerFinding() fails if the protocol is the other one", () => {
  const watch = { ...observer, program: "/bin/varta-watch", version: "0.2.0" };
  const finding = observerFinding(watch, 1);
  assertFinding(finding, "fail", /counts version 2 of the protocol$/);
  assertEquals(finding.advice, "connect with { version: 2 }");
  assertEquals(observerFinding(watch, undefined).advice, finding.advice);
  assertEquals(observerFinding({ ...watch, version: "0.1.0" }, 1).level, "ok");
});

const counted = (version: 1 | 2): Trial => ({
  version,
  result: { kind: "counted" },
});
const rejected = (version: 1 | 2, ...counters: string[]): Trial => ({
  version,
  result: {
    kind: "rejected",
    causes: counters.map((counter) => ({
      counter,
      message: `message of ${counter}`,
      advice: `advice of ${counter}`,
    })),
  },
});

Deno.test("beatFindings() is ok if the beat was counted", () => {
  const [finding, ...others] = beatFindings(7, 2, [counted(2)]);
  assertEquals(others, []);
  assertFinding(finding, "ok", /counted a beat of version 2 .* report pid 7/);
  const [open] = beatFindings(7, undefined, [rejected(1, "a"), counted(2)]);
  assertFinding(open, "ok", /counted a beat of version 2/);
  assertEquals(open.advice, "connect with { version: 2 }");
});

Deno.test("beatFindings() fails if only the other version is counted", () => {
  const [finding] = beatFindings(7, 1, [rejected(1, "a"), counted(2)]);
  assertFinding(finding, "fail", /counts version 2 .* rejects version 1$/);
  assertEquals(finding.advice, "connect with { version: 2 }");
});

Deno.test("beatFindings() shows each counter that increased", () => {
  const trials = [rejected(1, "a"), rejected(2, "b", "c")];
  const messages = beatFindings(7, 1, trials).map(({ message }) => message);
  assertEquals(
    messages.map((text) => text.slice(-15)),
    [
      "message of a (a)",
      "message of b (b)",
      "message of c (c)",
    ].map((text) => text.slice(-15)),
  );
  assertEquals(beatFindings(7, undefined, trials).length, 2);
});

Deno.test("beatFindings() fails if no counter increased, or it was not sent", () => {
  const [silent] = beatFindings(7, 1, [rejected(1)]);
  assertFinding(silent, "fail", /did not count .* no counter says why$/);
  const failed: Trial = {
    version: 2,
    result: { kind: "failed", message: "dropped" },
  };
  assertEquals(beatFindings(7, 2, [failed]).map(({ level }) => level), [
    "fail",
  ]);
});
