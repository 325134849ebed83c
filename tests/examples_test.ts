import { assert, assertEquals } from "@std/assert";
import { TestFolder, TestObserver } from "./support/observer.ts";
import { isEmulated, MODULE } from "./support/process.ts";

// `deno test --doc` runs the other examples; these need an observer.
const ROOT = new URL("../", import.meta.url);
const SOCKET = "/run/varta.sock";

/** The examples of a file that `deno test --doc` leaves out, in order. */
function examplesOf(path: string): string[] {
  const text = Deno.readTextFileSync(new URL(path, ROOT));
  const examples = text.matchAll(/^( \* | {3}\* )?```ts ignore\n(.*?)```/gms);
  return Array.from(
    examples,
    ([_, indent = "", code]) =>
      code.split("\n").map((line) => line.slice(indent.length)).join("\n"),
  );
}

function connectingExamples(): [path: string, code: string][] {
  const sources = Array.from(Deno.readDirSync(new URL("src", ROOT)))
    .map(({ name }) => `src/${name}`).sort();
  return ["README.md", "mod.ts", ...sources].flatMap((path) =>
    examplesOf(path).map((code): [string, string] => [path, code])
  );
}

/**
 * Runs an example, type-checked, until its first beat or its end. An emulator
 * takes minutes for a check that has the same result on each processor.
 */
async function assertBeats(code: string, flags: string[]) {
  using folder = new TestFolder();
  using observer = new TestObserver();
  const main = folder.file("main.ts");
  Deno.writeTextFileSync(main, code.replaceAll(SOCKET, observer.path));
  Deno.writeTextFileSync(
    folder.file("deno.json"),
    JSON.stringify({
      imports: { "jsr:@varta/client": MODULE, "@varta/client": MODULE },
    }),
  );
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", isEmulated ? "--no-check" : "--check", ...flags, main],
    cwd: folder.path,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const end = child.output();
  let ended = false;
  end.then(() => ended = true);
  let frame = observer.receive();
  while (frame === undefined && !ended) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    frame = observer.receive();
  }
  if (!ended) child.kill("SIGKILL");
  const { stderr } = await end;
  const said = new TextDecoder().decode(stderr);
  assert(frame !== undefined, said);
  assertEquals(frame.nonce, 1n);
  assertEquals(said.replace(/^(Check|Warning).*\n/gm, ""), "");
}

for (const [i, [path, code]] of connectingExamples().entries()) {
  Deno.test(`${path} has an example that beats as it stands (${i + 1})`, () =>
    assertBeats(code, ["--allow-ffi"]));
}

Deno.test("README.md has examples that connect", () => {
  assert(examplesOf("README.md").length >= 2);
});

Deno.test("README.md has two commands, the demo's and the tests'", () => {
  const text = Deno.readTextFileSync(new URL("README.md", ROOT));
  const { tasks } = JSON.parse(
    Deno.readTextFileSync(new URL("deno.json", ROOT)),
  );
  const commands = [...text.matchAll(/^npx -y deno@2.9.6 task (\w+)$/gm)];
  assertEquals(commands.map(([_, task]) => task), ["demo", "test"]);
  for (const [_, task] of commands) assert(task in tasks);
});
