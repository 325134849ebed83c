import { assert, assertEquals, assertMatch } from "@std/assert";
import { libraryPath } from "../support/library_path.ts";
import { TestFolder, TestObserver } from "../support/observer.ts";
import { hasProgram, MODULE } from "../support/process.ts";
import { IMPORT, linesOf, NO_PERMISSION } from "./permission_children.ts";

const PATIENCE = 60_000;
const everyPermission = "ffi,read,write,net,env,run,sys,import".split(",")
  .filter(isKnown);

// Deno 2.0 knows no permission to import.
function isKnown(name: string): boolean {
  try {
    Deno.permissions.querySync({ name } as Deno.PermissionDescriptor);
    return true;
  } catch {
    return false;
  }
}

// In Deno 2.0 a denial is nothing beside --allow-all.
const isDenialHeard = !Deno.version.deno.startsWith("2.0.");

Deno.test("mod.ts is imported and decodes without a permission, and has none thereafter", async () => {
  const lines = await linesOf(
    `import { decodeFrame, encodeFrame } from "${MODULE}";
     const frame = { version: 2, status: 0, pid: 2, timestamp: 0n, nonce: 1n, payload: 0n };
     const bytes = new Uint8Array(32);
     encodeFrame(frame, bytes);
     console.log(decodeFrame(bytes).nonce);
     for (const name of ${JSON.stringify(everyPermission)}) {
       console.log(Deno.permissions.querySync({ name }).state);
     }`,
  );
  assertEquals(lines, ["1n", ...everyPermission.map(() => "prompt")]);
});

Deno.test({
  name: "mod.ts asks nothing of a user when it is imported",
  ignore: Deno.build.os !== "linux" || !hasProgram("script"),
  async fn() {
    using folder = new TestFolder();
    const script = folder.file("main.ts");
    Deno.writeTextFileSync(script, `import "${MODULE}"; console.log("done");`);
    const run = `${Deno.execPath()} run --no-check --no-config ${script}`;
    const { stdout } = await new Deno.Command("script", {
      args: ["--quiet", "--return", "--command", run, "/dev/null"],
      env: { NO_COLOR: "1", TERM: "dumb" },
      stdin: "null",
      signal: AbortSignal.timeout(PATIENCE), // for an answer, should it ask
    }).output();
    assertEquals(new TextDecoder().decode(stdout).trim(), "done");
  },
});

Deno.test("Varta.connect() without permission says which flag is missing, and with it works", async () => {
  using observer = new TestObserver();
  const code = `${IMPORT} console.log(attempt("${observer.path}"));`;
  const grants = [
    [],
    ["--no-prompt"],
    ["--deny-ffi"],
    ...isDenialHeard ? [["--allow-all", "--deny-ffi"]] : [],
    ["--allow-ffi=/another"],
    ["--allow-read", "--allow-write", "--allow-net"],
  ];
  for (const flags of grants) {
    const [said] = await linesOf(code, ...flags);
    assertMatch(said, NO_PERMISSION);
  }
  const [said] = await linesOf(code);
  const [, blanket, scoped] = NO_PERMISSION.exec(said)!;
  assertEquals(await linesOf(code, blanket), ["sent"]);
  if (scoped === `--allow-ffi=${libraryPath}`) {
    assertEquals(await linesOf(code, scoped), ["sent"]);
  }
  console.log(
    `grants that do not suffice: ${grants.length}, told which does: ${grants.length}`,
  );
});

Deno.test("Varta.connect() works in a worker that has the permission, and throws NotCapable in one that has not", async () => {
  using observer = new TestObserver();
  const code = `${IMPORT} postMessage(attempt(${
    JSON.stringify(observer.path)
  }));`;
  const grants = [
    '{ permissions: "none" }',
    "{ permissions: { ffi: false, read: true } }",
    "undefined",
    '{ permissions: "inherit" }',
    "{ permissions: { ffi: true } }",
    ...libraryPath ? [`{ permissions: { ffi: ["${libraryPath}"] } }`] : [],
  ];
  const lines = await linesOf(
    `const url = "data:application/javascript," + encodeURIComponent(${
      JSON.stringify(code)
    });
     for (const deno of [${grants}]) {
       const worker = new Worker(url, { type: "module", deno });
       console.log(await new Promise((resolve) => {
         worker.onmessage = ({ data }) => resolve(data);
         worker.onerror = ({ message }) => resolve(message);
       }));
       worker.terminate();
     }`,
    "--allow-all",
    "--unstable-worker-options",
  );
  assertEquals(lines.length, grants.length);
  for (const said of lines.splice(0, 2)) assertMatch(said, NO_PERMISSION);
  assert(lines.every((said) => said === "sent"), lines.join("\n"));
  assertEquals(observer.receiveAll().length, lines.length);
  console.log(
    `workers: ${grants.length}, that may: ${lines.length}, sent: ${lines.length}`,
  );
});
