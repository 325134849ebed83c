import { type Release, RELEASES } from "../../interop/releases.ts";
import { assertDeploys, assertRecovers } from "./_deployment.ts";
import type { Engine } from "./_engine.ts";
import { buildImages } from "./_images.ts";
import { findBlock, forRelease } from "./_page.ts";
import type { Results } from "./_results.ts";

const NEWEST = RELEASES.at(-1);

/** Runs the recipes for containers, one after another. */
export async function checkContainers(
  engine: Engine,
  folders: ReadonlyMap<Release, string>,
  results: Results,
): Promise<void> {
  const title = engine.name === "docker" ? "Docker" : "Podman";
  for (const release of RELEASES) {
    const observer = `varta-watch ${release.number}`;
    const folder = folders.get(release)!;
    await buildImages(engine, folder);

    const recipe = forRelease(findBlock("sh", "docker volume create"), release);
    await results.check(
      `${title}, the pid namespace of a third container, ${observer}`,
      () =>
        withRecipe(engine, recipe, async () => {
          const deployment = engine.deployment();
          await assertRecovers(deployment);
          if (release !== NEWEST) return;
          await assertDeploys(
            deployment,
            () => engine.runRecipe(findBlock("sh", "docker stop watch")),
            () => engine.run("stop", "--time=1", "service"),
          );
        }),
    );
    const onHost = recipe.replace(/^.*--name pids.*\n/m, "")
      .replaceAll("--pid container:pids", "--pid host");
    await results.check(
      `${title}, the pid namespace of the host, ${observer}`,
      () =>
        withRecipe(
          engine,
          onHost,
          () => assertRecovers(engine.deployment()),
        ),
    );
    if (engine.name === "podman") {
      await results.check(
        `Kubernetes, by podman play kube, ${observer}`,
        () => checkPod(engine, folder, release),
      );
    }
  }
}

async function withRecipe(
  engine: Engine,
  recipe: string,
  fn: () => Promise<void>,
): Promise<void> {
  try {
    await engine.runRecipe(recipe);
    await fn();
  } finally {
    await engine.runRecipe(`
docker rm --force watch service
docker rm --force pids 2>/dev/null || true
docker volume rm varta
`);
  }
}

async function checkPod(
  engine: Engine,
  folder: string,
  release: Release,
): Promise<void> {
  const file = `${folder}/pod.yaml`;
  const pod = forRelease(findBlock("yaml", "kind: Pod"), release);
  Deno.writeTextFileSync(file, pod);
  try {
    await engine.run("play", "kube", "--network=none", file);
    await assertRecovers(engine.deployment("service-"));
  } finally {
    await engine.run("play", "kube", "--down", file);
  }
}
