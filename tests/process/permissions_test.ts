import { assertEquals, assertMatch } from "@std/assert";
import { libraryPath } from "../support/library_path.ts";
import { TestFolder, TestObserver } from "../support/observer.ts";
import { hasProgram, resultOf } from "../support/process.ts";
import { notLinux, testUnless } from "../support/test_unless.ts";

const ATTEMPT = import.meta.resolve("./programs/attempt.ts");
const CODEC = import.meta.resolve("./programs/codec.ts");

/** The error without permission; its groups are the two flags. */
const NO_PERMISSION =
  /^NotCapable: Cannot call the C library without FFI permission: run again with (--allow-ffi), or with (--allow-ffi=\/\S+) if that file exists$/;

const grants = ["--allow-ffi"];
if (libraryPath) grants.push(`--allow-ffi=${libraryPath}`);

// For the programs that count sockets. They do it with /proc.
const MAY_COUNT = "--allow-run=ls,cat";

const isDeno20 = Deno.version.deno.startsWith("2.0.");
const permissions = ["ffi", "read", "write", "net", "env", "run", "sys"];
if (!isDeno20) permissions.push("import");

/** The error of a path without a file. */
function notFound(path: string): string {
  return `NotFound: Cannot connect to ${
    JSON.stringify(path)
  }: there is no such file: start the observer, or correct the path (ENOENT from connect)`;
}

Deno.test("mod.ts is imported and decodes without any permission", async () => {
  assertEquals(
    await resultOf(CODEC, permissions),
    [1, ...permissions.map(() => "prompt")],
  );
});

testUnless(
  hasProgram("script") ? notLinux : "script is not installed",
  "mod.ts asks the user nothing when it is imported",
  async () => {
    // Only on a terminal, which script(1) provides, does Deno ask.
    const { stdout } = await new Deno.Command("script", {
      args: [
        ...["--quiet", "--return", "--command"],
        '"$DENO" run --no-check --no-config "$PROGRAM"',
        "/dev/null",
      ],
      env: {
        DENO: Deno.execPath(),
        PROGRAM: CODEC,
        NO_COLOR: "1",
        TERM: "dumb",
      },
      stdin: "null",
      signal: AbortSignal.timeout(60_000), // it would wait for an answer
    }).output();
    assertEquals(new TextDecoder().decode(stdout).trim(), "[1]");
  },
);

Deno.test("Varta.connect() names the flag that it needs, which then suffices", async () => {
  using observer = new TestObserver();
  const attempt = (...flags: string[]) =>
    resultOf<string>(ATTEMPT, [observer.path], flags);
  const insufficient = [
    [],
    ["--no-prompt"],
    ["--deny-ffi"],
    ["--allow-ffi=/another"],
    ["--allow-read", "--allow-write", "--allow-net"],
  ];
  // Deno 2.0 ignores --deny-ffi if there is --allow-all.
  if (!isDeno20) insufficient.push(["--allow-all", "--deny-ffi"]);
  for (const flags of insufficient) {
    assertMatch(await attempt(...flags), NO_PERMISSION);
  }
  const [, blanket, scoped] = NO_PERMISSION.exec(await attempt())!;
  assertEquals(await attempt(blanket), "sent");
  if (scoped === `--allow-ffi=${libraryPath}`) {
    assertEquals(await attempt(scoped), "sent");
  }
});

Deno.test("Varta.connect() throws NotCapable in a Worker without permission", async () => {
  using observer = new TestObserver();
  const insufficient = ["none", { ffi: false, read: true }];
  const sufficient: unknown[] = ["inherit", { ffi: true }];
  if (libraryPath) sufficient.push({ ffi: [libraryPath] });
  const results = await resultOf<string[]>(
    import.meta.resolve("./programs/worker_permissions.ts"),
    [observer.path, JSON.stringify([...insufficient, ...sufficient])],
    ["--allow-all", "--unstable-worker-options"],
  );
  for (const result of results.splice(0, 2)) assertMatch(result, NO_PERMISSION);
  assertEquals(results, sufficient.map(() => "sent"));
  assertEquals(observer.receiveAll().length, sufficient.length);
});

testUnless(
  notLinux,
  "Varta.connect() throws NotCapable if FFI is revoked before the import",
  async () => {
    using observer = new TestObserver();
    for (const grant of grants) {
      const { results } = await resultOf<{ results: string[] }>(
        import.meta.resolve("./programs/revoked.ts"),
        ["before import", observer.path],
        [grant, MAY_COUNT],
      );
      assertEquals(results.length, 2);
      for (const result of results) assertMatch(result, NO_PERMISSION);
    }
  },
);

// Deno checks the permission when a library is opened, not at each call.
for (const time of ["after import", "after connect"]) {
  testUnless(
    notLinux,
    `Varta works, and leaks nothing, if FFI is revoked ${time}`,
    async () => {
      for (const grant of grants) {
        using observer = new TestObserver();
        const result = await resultOf(
          import.meta.resolve("./programs/revoked.ts"),
          [time, observer.path],
          [grant, MAY_COUNT],
        );
        assertEquals(result, {
          results: [
            "sent",
            notFound(`${observer.path}.none`),
            "dropped kernel-queue-full EAGAIN",
            "failed EBADF",
          ],
          leaked: 0,
        });
      }
    },
  );
}

testUnless(
  libraryPath ? notLinux : "the path of the C library is not known",
  "Varta does everything with a grant for the path of the C library",
  async () => {
    using folder = new TestFolder();
    const path = folder.file("socket");
    const results = await resultOf(
      import.meta.resolve("./programs/scoped_grant.ts"),
      [path],
      [`--allow-ffi=${libraryPath}`, MAY_COUNT, "--v8-flags=--expose-gc"],
    );
    assertEquals(results, [
      notFound(path),
      // A beat, and what the observer receives: version, pid and payload.
      "sent",
      [2, true, 7],
      // A full queue, and room again.
      "dropped kernel-queue-full EAGAIN",
      "sent",
      // No observer, an attempt to reconnect, and a new observer.
      "dropped no-observer ECONNREFUSED",
      "dropped peer-gone ENOTCONN",
      "NotFound ENOENT",
      "sent",
      // Another new observer: the fifth drop reconnects.
      "dropped no-observer ECONNREFUSED",
      ...Array(3).fill("dropped peer-gone ENOTCONN"),
      "sent",
      300, // sockets of agents that are collected then
    ]);
  },
);
