import { createHash } from "node:crypto";
import { assertEquals, assertMatch } from "@std/assert";
import { blocksOf } from "../../support/examples.ts";
import { end, hasProgram } from "../../support/process.ts";
import { TestFolder } from "../../support/test_folder.ts";
import { exists, until } from "../../support/until.ts";
import { run } from "./_engine.ts";
import type { Results } from "./_results.ts";

const ROOT = new URL("../../../", import.meta.url);
const PACKAGE = "@varta/client";
const RELEASES = ["2.0.6", "2.5.6", Deno.version.deno];
const { version, exports } = JSON.parse(
  Deno.readTextFileSync(new URL("deno.json", ROOT)),
);
/** The lines of the README that install or run the package from JSR. */
const COMMANDS = blocksOf("README.md", "sh").join("").split("\n")
  .filter((line) => line.includes(`jsr:${PACKAGE}`));

/** Runs the commands of the README, from a JSR of its own, in each release. */
export async function checkJsr(results: Results): Promise<void> {
  const pages = await publishedPages();
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    ({ url }) => {
      const page = pages.get(new URL(url).pathname);
      return new Response(page, { status: page === undefined ? 404 : 200 });
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}/`;
  for (const release of RELEASES) {
    const deno = await findDeno(release);
    await results.check(
      `JSR, Deno ${release}`,
      () => checkCommands(deno!, url),
      deno ? undefined : "npx cannot install it",
    );
  }
}

/** The path of a release of Deno, which npx installs. */
async function findDeno(release: string): Promise<string | undefined> {
  if (release === Deno.version.deno) return Deno.execPath();
  const deno = ["-y", `deno@${release}`];
  if (!hasProgram("npx", ...deno, "--version")) return undefined;
  const path = await run(
    "npx",
    ...deno,
    "eval",
    "console.log(Deno.execPath())",
  );
  return path.trim();
}

/** What JSR serves once `deno publish` has sent the package. */
async function publishedPages(): Promise<Map<string, BodyInit>> {
  const pages = new Map<string, BodyInit>();
  const manifest: Record<string, { size: number; checksum: string }> = {};
  for (const path of await publishedFiles()) {
    const bytes = await Deno.readFile(new URL(path, ROOT));
    const hash = createHash("sha256").update(bytes).digest("hex");
    manifest[`/${path}`] = { size: bytes.length, checksum: `sha256-${hash}` };
    pages.set(`/${PACKAGE}/${version}/${path}`, bytes);
  }
  const [scope, name] = PACKAGE.slice(1).split("/");
  const meta = { scope, name, latest: version, versions: { [version]: {} } };
  pages.set(`/${PACKAGE}/meta.json`, JSON.stringify(meta));
  pages.set(
    `/${PACKAGE}/${version}_meta.json`,
    JSON.stringify({ manifest, exports }),
  );
  return pages;
}

/** The paths of the files that `deno publish` would send. */
async function publishedFiles(): Promise<string[]> {
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["publish", "--dry-run", "--allow-dirty"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const lines = new TextDecoder().decode(stderr).matchAll(/^ +(file:\S+)/gm);
  return Array.from(lines, ([, url]) => url.slice(ROOT.href.length));
}

async function checkCommands(deno: string, registry: string): Promise<void> {
  using folder = new TestFolder();
  const bin = folder.file("bin");
  Deno.mkdirSync(bin);
  Deno.symlinkSync(deno, `${bin}/deno`);
  const command = (line: string) =>
    new Deno.Command("sh", {
      args: ["-c", `exec ${line}`],
      cwd: folder.path,
      env: {
        NO_COLOR: "1",
        JSR_URL: registry,
        DENO_DIR: folder.file("cache"),
        DENO_INSTALL_ROOT: folder.path,
        PATH: `${bin}:${Deno.env.get("PATH")}`,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  const outputOf = async (line: string) => {
    const { success, stdout, stderr } = await command(line).output();
    const decoder = new TextDecoder();
    if (!success) throw new Error(`${line}\n${decoder.decode(stderr)}`);
    return decoder.decode(stdout);
  };

  for (const line of COMMANDS) {
    const isRun = line.startsWith("deno run");
    await outputOf(isRun ? `${line} --help` : line);
  }
  const names = Object.keys(exports).map((key) => PACKAGE + key.slice(1));
  const imports = names.map((name) => `await import("${name}")`);
  Deno.writeTextFileSync(
    folder.file("names.ts"),
    `console.log(JSON.stringify([${imports}].map(Object.keys)))`,
  );
  const local = Object.values<string>(exports)
    .map(async (path) => Object.keys(await import(new URL(path, ROOT).href)));
  assertEquals(
    JSON.parse(await outputOf("deno run names.ts")),
    await Promise.all(local),
  );

  const cli = `deno run --allow-ffi jsr:${PACKAGE}/cli`;
  for (const [i, program] of [cli, "varta"].entries()) {
    if (program === "varta" && !exists(`${bin}/varta`)) {
      const flags = "--global --allow-ffi --name varta";
      await outputOf(`deno install ${flags} jsr:${PACKAGE}/cli`);
    }
    assertMatch(await outputOf(`${program} --version`), RegExp(version));
    const path = folder.file(`${i}.sock`);
    const watch = command(`${program} watch ${path}`).spawn();
    try {
      await until("watch receives", () => exists(path));
      await outputOf(`${program} beat ${path}`);
      const { value } = await watch.stdout.getReader().read();
      assertMatch(new TextDecoder().decode(value), / beat +pid=/);
    } finally {
      await end(watch);
    }
  }
}
