import { assert, assertEquals } from "@std/assert";
import { hasProgram } from "../../support/process.ts";
import { exists } from "../../support/until.ts";
import type { Deployment, Part } from "./_deployment.ts";

const decoder = new TextDecoder();
const NAMES = /^(pids|watch|service|system)$/m;

/** Runs a program and returns what it prints on stdout. */
export async function run(program: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    // The classic builder needs no network, and finds local images.
    env: { DOCKER_BUILDKIT: "0" },
    stdin: "null",
  }).output();
  if (!success) {
    const command = [program, ...args].join(" ");
    throw new Error(`${command}\n${decoder.decode(stderr)}`);
  }
  return decoder.decode(stdout);
}

/** Docker or Podman. */
export class Engine {
  /** Why no recipe can run with it, if so. */
  reason?: string;
  readonly #images: string[] = [];
  #stateBefore = "";

  constructor(readonly name: "docker" | "podman") {}

  /** Looks whether recipes can run with it, unless there is a reason already. */
  async prepare(reason?: string): Promise<void> {
    this.reason = reason ?? await this.#reasonAgainst();
    if (this.reason === undefined) this.#stateBefore = await this.#state();
  }

  async #reasonAgainst(): Promise<string | undefined> {
    if (!exists("/bin/busybox")) return "there is no busybox";
    if (!hasProgram(this.name, "info")) return `${this.name} does not run`;
    const names = await this.run("ps", "--all", "--format={{.Names}}");
    const [taken] = NAMES.exec(names) ?? [];
    return taken && `there is a container ${taken} that is not of this test`;
  }

  run(...args: string[]): Promise<string> {
    return run(this.name, ...args);
  }

  /** Runs a recipe for Docker. */
  runRecipe(recipe: string): Promise<string> {
    return run("sh", "-euc", recipe.replace(/^docker /gm, `${this.name} `));
  }

  /** The containers, volumes and images that it has. */
  async #state(): Promise<string> {
    const images = await this.run("images", "--format={{.ID}} {{.Repository}}");
    return await this.run("ps", "--all", "--quiet") +
      await this.run("volume", "ls", "--quiet") +
      // Podman makes this image for its first Pod, and keeps it.
      images.replace(/^.*podman-pause\n/m, "");
  }

  /** Removes what it has built, and checks that nothing else is left. */
  async assertUnchanged(): Promise<void> {
    await this.run("rmi", "--force", ...this.#images);
    assertEquals(await this.#state(), this.#stateBefore);
  }

  /** Builds an image from a folder. */
  async build(image: string, folder: string): Promise<void> {
    if (this.#images.includes(image)) await this.run("rmi", "--force", image);
    else this.#images.push(image);
    await this.run("build", "--quiet", "--tag", image, folder);
  }

  /** Builds an image, unless there is one of this name. */
  async buildMissing(image: string, folder: string): Promise<void> {
    if (hasProgram(this.name, "image", "inspect", image)) return;
    await this.build(image, folder);
  }

  /** A deployment in containers, whose names begin with a prefix. */
  deployment(prefix = ""): Deployment {
    const pid = async (part: Part) =>
      Number(
        await this.run("inspect", "--format={{.State.Pid}}", prefix + part),
      );
    return {
      pid,
      log: (part) => run("sh", "-c", `${this.name} logs ${prefix}${part} 2>&1`),
      signal: async (part, signal) => {
        const id = await pid(part);
        assert(id > 0, `${part} does not run`); // 0 is this process group
        Deno.kill(id, signal);
      },
    };
  }
}
