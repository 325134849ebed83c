import { type Release, RELEASES } from "../../interop/releases.ts";
import { assertDeploys, assertRecovers } from "./_deployment.ts";
import type { Engine } from "./_engine.ts";
import { buildImages } from "./_images.ts";
import { findBlock, forRelease } from "./_page.ts";
import type { Results } from "./_results.ts";

/** Runs the recipes for containers, one after another. */
export async function checkContainers(
  engine: Engine,
  folders: ReadonlyMap<Release, string>,
  results: Results,
): Promise<void> {
  const title = engine.name === "docker" ? "Docker" : "Podman";
  for (const [release, folder] of folders) {
    const check = (name: string, fn: () => Promise<void>) =>
      results.check(
        `${name}, varta-watch ${release.number}`,
        fn,
        engine.reason,
      );
    if (engine.reason === undefined) await buildImages(engine, folder);
    const recipe = forRelease(findBlock("sh", "docker volume create"), release);
    await check(
      `${title}, the pid namespace of a third container`,
      () =>
        withRecipe(engine, recipe, async () => {
          await assertRecovers(engine.deployment());
          if (release !== RELEASES.at(-1)) return;
          await assertDeploys(
            engine.deployment(),
            () => engine.runRecipe(findBlock("sh", "docker stop watch")),
            () => engine.run("stop", "--time=1", "service"),
          );
        }),
    );
    const onHost = recipe.replace(/^.*--name pids.*\n/m, "")
      .replaceAll("--pid container:pids", "--pid host");
    await check(
      `${title}, the pid namespace of the host`,
      () =>
        withRecipe(engine, onHost, () => assertRecovers(engine.deployment())),
    );
    if (engine.name === "docker") continue;
    const file = `${folder}/pod.yaml`;
    await check("Kubernetes, by podman play kube", async () => {
      const pod = forRelease(findBlock("yaml", "kind: Pod"), release);
      Deno.writeTextFileSync(file, pod);
      try {
        await engine.run("play", "kube", "--network=none", file);
        await assertRecovers(engine.deployment("service-"));
      } finally {
        await engine.run("play", "kube", "--down", file);
      }
    });
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
