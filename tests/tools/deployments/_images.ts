import { findProgram, type Release } from "../../interop/releases.ts";
import { type Engine, run } from "./_engine.ts";
import { findBlock, serviceProgram } from "./_page.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;
const BUSYBOX = "/bin/busybox";

/** Writes a folder from which an image is built. */
async function writeFolder(
  path: string,
  dockerfile: string,
  files: Record<string, string>,
): Promise<void> {
  for (const [target, source] of Object.entries(files)) {
    const file = `${path}/${target}`;
    await run("mkdir", "--parents", file.slice(0, file.lastIndexOf("/")));
    await run("cp", "--recursive", "--dereference", source, file);
  }
  Deno.writeTextFileSync(`${path}/Dockerfile`, dockerfile);
}

/** The libraries that programs need, each as its own source. */
async function librariesOf(...programs: string[]) {
  const paths = (await run("ldd", ...programs)).matchAll(/(\/lib\S+) \(/g);
  return Object.fromEntries(Array.from(paths, ([, path]) => [path, path]));
}

/**
 * Writes the folders of all images for a release. An image that the recipes pull
 * is made of this machine's programs here, since a registry may be out of reach.
 */
export async function writeImages(
  folder: string,
  release: Release,
): Promise<void> {
  const deno = Deno.execPath();
  const observer = findProgram(release)!;
  const base = `FROM scratch
COPY . /
ENV PATH=/usr/local/bin:/usr/bin:/bin
`;
  const names = ["sh", "sleep", "busybox"];
  const busybox = Object.fromEntries(
    names.map((name) => [`bin/${name}`, BUSYBOX]),
  );
  await writeFolder(`${folder}/busybox`, base, busybox);
  await writeFolder(`${folder}/debian`, base, {
    ...busybox,
    ...await librariesOf(deno, observer),
  });
  const dockerfile = findBlock("dockerfile", "COPY varta-watch");
  await writeFolder(`${folder}/watch`, dockerfile, { "varta-watch": observer });
  await writeFolder(
    `${folder}/service`,
    `FROM debian:bookworm-slim
COPY deno /usr/local/bin/
COPY srv /srv
ENTRYPOINT ["deno", "run", "--allow-ffi", "/srv/main.ts"]
`,
    {
      deno,
      "srv/client/mod.ts": `${ROOT}mod.ts`,
      "srv/client/src": `${ROOT}src`,
      "srv/client/ffi": `${ROOT}ffi`,
    },
  );
  const srv = `${folder}/service/srv`;
  const imports = { "@varta/client": "./client/mod.ts" };
  Deno.writeTextFileSync(`${srv}/deno.json`, JSON.stringify({ imports }));
  Deno.writeTextFileSync(`${srv}/main.ts`, serviceProgram(release));
}

/** Builds the images of the recipes from folders that `writeImages` wrote. */
export async function buildImages(
  engine: Engine,
  folder: string,
): Promise<void> {
  for (const image of ["busybox", "busybox:musl"]) {
    await engine.buildMissing(image, `${folder}/busybox`);
  }
  await engine.buildMissing("debian:bookworm-slim", `${folder}/debian`);
  await engine.build("my/varta-watch", `${folder}/watch`);
  await engine.build("my/service", `${folder}/service`);
}
