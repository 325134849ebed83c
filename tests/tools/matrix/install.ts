import { hasProgram } from "../../support/process.ts";

/** The releases of Deno, the likeliest first: not every registry has each. */
const RELEASES = ["2.9.6", "2.9.5"];

/** What an emulator on this machine needs, as Debian names it. */
const PACKAGES = ["qemu-user-static", "libc6:arm64", "libgcc-s1:arm64"];

const PROGRAMS = ["apt-get", "dpkg-deb", "npm", "tar"];

/** Where all of it is kept. */
export const FOLDER = `${import.meta.dirname}/.arm64`;

/** Why an emulator cannot be had, or is of no use. */
export class Unavailable extends Error {}

/**
 * Fetches what is missing for {@linkcode FOLDER}. Nothing else of the machine
 * is changed, and no right is needed.
 *
 * @throws {Unavailable} Where that cannot be.
 * @returns The release of Deno.
 */
export async function install(): Promise<string> {
  if (Deno.build.os !== "linux") {
    throw new Unavailable("QEMU emulates programs on Linux alone");
  }
  if (Deno.build.arch === "aarch64") {
    throw new Unavailable("this machine is one: deno task test does it");
  }
  for (const name of PROGRAMS) {
    if (!hasProgram(name)) throw new Unavailable(`there is no ${name}`);
  }
  await Deno.mkdir(FOLDER, { recursive: true });
  if (!isThere("root")) await inScratch(installEmulator);
  return await installDeno();
}

/** The emulator, and a root with the libraries that Deno is linked to. */
async function installEmulator(scratch: string): Promise<void> {
  const folders = ["lists/partial", "cache/archives/partial"];
  for (const folder of folders) {
    await Deno.mkdir(`${scratch}/${folder}`, { recursive: true });
  }
  // Lists of its own, so that the machine's need not know of another processor.
  const settings = [
    "APT::Architectures::=arm64",
    "APT::Sandbox::User=root",
    "Acquire::Languages=none",
    `Dir::State::Lists=${scratch}/lists`,
    `Dir::Cache=${scratch}/cache`,
  ].map((setting) => `--option=${setting}`);
  await run(scratch, "apt-get", "--quiet", ...settings, "update");
  await run(
    scratch,
    "apt-get",
    "--quiet",
    ...settings,
    "download",
    ...PACKAGES,
  );
  for (const { name } of Deno.readDirSync(scratch)) {
    if (!name.endsWith(".deb")) continue;
    const folder = name.endsWith("_arm64.deb") ? "root" : "emulator";
    await run(scratch, "dpkg-deb", "--extract", name, folder);
  }
  const program = `${scratch}/emulator/usr/bin/qemu-aarch64-static`;
  await Deno.rename(program, `${FOLDER}/qemu`);
  await Deno.rename(`${scratch}/root`, `${FOLDER}/root`);
}

/** The first release of Deno that is there already or can be had. */
async function installDeno(): Promise<string> {
  const present = await installedRelease();
  let obstacle: unknown;
  for (const release of RELEASES) {
    if (release === present) return release;
    try {
      await inScratch(async (scratch) => {
        const spec = `@deno/linux-arm64-glibc@${release}`;
        const archive = await run(scratch, "npm", "pack", "--silent", spec);
        await run(scratch, "tar", "-xzf", archive.trim(), "package/deno");
        await Deno.chmod(`${scratch}/package/deno`, 0o755);
        await Deno.rename(`${scratch}/package/deno`, `${FOLDER}/deno`);
      });
      return release;
    } catch (error) {
      obstacle ??= error;
    }
  }
  throw obstacle;
}

async function installedRelease(): Promise<string | undefined> {
  if (!isThere("deno")) return undefined;
  const said = await run(FOLDER, `${FOLDER}/../deno_arm64`, "--version");
  return /^deno (\S+)/.exec(said)?.[1];
}

function isThere(name: string): boolean {
  try {
    Deno.statSync(`${FOLDER}/${name}`);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Does some work in a folder beside what it is for, and leaves none of it. */
async function inScratch(work: (scratch: string) => Promise<void>) {
  const scratch = await Deno.makeTempDir({ dir: FOLDER });
  try {
    await work(scratch);
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

/** What a program prints, run in a folder. */
async function run(
  cwd: string,
  program: string,
  ...args: string[]
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  const [reason = "for no reason given"] =
    decoder.decode(stderr).match(/^(E: |npm error (?!code)).*/m) ?? [];
  throw new Unavailable(`${program} ${args.at(-1)} failed: ${reason}`);
}
