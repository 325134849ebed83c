/**
 * Runs the recipes of `.github/DEPLOYMENTS.md` with real engines, and the commands
 * of the README from a local JSR: `deno task deployments`.
 *
 * If Docker runs on this machine, the recipes run there and in its Podman.
 * Otherwise, root gets engines in namespaces of their own, of which nothing is
 * left. What replaces parts of a recipe is in `_page.ts` and `_images.ts`.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { reasonForAbsence, RELEASES } from "../../interop/releases.ts";
import { hasProgram } from "../../support/process.ts";
import { TestFolder } from "../../support/test_folder.ts";
import { checkContainers } from "./_containers.ts";
import { Engine, run } from "./_engine.ts";
import { writeImages } from "./_images.ts";
import { checkJsr } from "./_jsr.ts";
import { Results } from "./_results.ts";
import { checkSystemd } from "./_systemd.ts";

const IMPORT_MAP = import.meta.resolve("../../std/import_map.json");
/** The argument with which this program runs in the namespaces. */
const INSIDE = "--inside";

/** Runs all recipes, those of each engine one after another. */
async function runRecipes(
  folder: string,
  results: Results,
  reason?: string,
): Promise<void> {
  const folders = new Map(
    RELEASES.map((release) => [release, `${folder}/${release.number}`]),
  );
  const docker = new Engine("docker");
  const podman = new Engine("podman");
  await docker.prepare(reason);
  await podman.prepare(reason);
  const engines = [docker, podman].filter((it) => it.reason === undefined);
  if (engines.length > 0) {
    for (const [release, path] of folders) await writeImages(path, release);
  }
  await Promise.all([
    checkContainers(docker, folders, results),
    checkContainers(podman, folders, results),
    checkSystemd(docker, folders, results),
  ]);
  for (const engine of engines) {
    await results.check(
      `${engine.name} has what it had before`,
      () => engine.assertUnchanged(),
    );
  }
}

/** Runs all recipes in namespaces, and checks that nothing is left of them. */
async function runInNamespaces(
  folder: string,
  results: Results,
): Promise<void> {
  const before = await machineState();
  const { success } = await new Deno.Command("unshare", {
    args: [
      ...["--mount", "--propagation=private", "--pid", "--fork"],
      ...["--mount-proc", "--kill-child"],
      ...["sh", `${import.meta.dirname}/namespace.sh`, folder],
      ...[Deno.execPath(), "run", "--allow-all", `--import-map=${IMPORT_MAP}`],
      ...[import.meta.filename!, INSIDE, folder],
    ],
    stdin: "null",
  }).spawn().status;
  await results.check("The recipes have run", () => {
    assert(success);
    const inside = Deno.readTextFileSync(`${folder}/results.json`);
    results.add(JSON.parse(inside));
  });
  await results.check("No process, mount or cgroup is left", async () => {
    const namespace = Deno.readTextFileSync(`${folder}/namespace`).trim();
    assertEquals(processesIn(namespace), []);
    await removeCgroups(before.cgroups);
    assertEquals(await machineState(), before);
  });
}

/** The mounts of this machine, and its cgroups next to the root. */
async function machineState() {
  const cgroups = await run(
    ...["find", "/sys/fs/cgroup", "-maxdepth", "2", "-type", "d"] as const,
    // Services may start meanwhile, and other tests.
    ...["!", "-path", "*.slice/*", "!", "-name", "varta-*"],
  );
  const mounts = Deno.readTextFileSync("/proc/self/mounts");
  return { mounts, cgroups: cgroups.split("\n") };
}

/** Removes the cgroups of engines and of a system manager, which are empty. */
async function removeCgroups(before: readonly string[]): Promise<void> {
  const { cgroups } = await machineState();
  for (const path of cgroups.filter((path) => !before.includes(path))) {
    if (!/\/(docker|libpod_parent|deployments)$/.test(path)) continue;
    await run("find", path, "-depth", "-type", "d", "-delete");
  }
}

/** The processes in a mount namespace. */
function processesIn(namespace: string): string[] {
  return Array.from(Deno.readDirSync("/proc"), ({ name }) => name)
    .filter((pid) => {
      try {
        return Deno.readLinkSync(`/proc/${pid}/ns/mnt`) === namespace;
      } catch {
        return false; // not a process, or not any more
      }
    });
}

/** Why the recipes cannot run, if so. */
function reasonAgainst(): string | undefined {
  for (const release of RELEASES) {
    const reason = reasonForAbsence(release);
    if (reason !== undefined) return reason;
  }
  if (Deno.build.os !== "linux") return "the recipes are for Linux";
  const canUnshare = Deno.uid() === 0 &&
    hasProgram("unshare", "--mount", "--pid", "--fork", "--mount-proc", "true");
  if (canUnshare || hasProgram("docker", "info")) return undefined;
  return "Docker does not run, and only root can start it";
}

const results = new Results();
if (Deno.args[0] === INSIDE) {
  const [, folder] = Deno.args;
  await runRecipes(folder, results);
  Deno.writeTextFileSync(`${folder}/results.json`, JSON.stringify(results));
} else {
  using folder = new TestFolder();
  await checkJsr(results);
  const reason = reasonAgainst();
  if (reason !== undefined || hasProgram("docker", "info")) {
    await runRecipes(folder.path, results, reason);
  } else await runInNamespaces(folder.path, results);
  console.log(`${results}`);
  Deno.exitCode = results.failed === 0 ? 0 : 1;
}
