import { hasProgram } from "../../support/process.ts";

/** Releases of Deno, the preferred one first: a registry may lack one. */
const RELEASES = ["2.9.6", "2.9.5"];

/** The Debian packages of the emulator and of the libraries that Deno needs. */
const PACKAGES = ["qemu-user-static", "libc6:arm64", "libgcc-s1:arm64"];

const PROGRAMS = ["apt-get", "dpkg-deb", "npm", "tar"];

/** The folder into which everything is installed. */
export const FOLDER = `${import.meta.dirname}/.arm64`;

/** The reason why the tests cannot be emulated on this machine. */
export class Unavailable extends Error {}

/**
 * Downloads what is missing in {@linkcode FOLDER}. It changes nothing else, and
 * need not run as root.
 *
 * @returns The release of Deno.
 * @throws {Unavailable} If something cannot be downloaded.
 */
export async function install(): Promise<string> {
  if (Deno.build.os !== "linux") {
    throw new Unavailable("QEMU emulates programs only on Linux");
  }
  if (Deno.build.arch === "aarch64") {
    throw new Unavailable(
      "this machine has that processor: use deno task test",
    );
  }
  for (const name of PROGRAMS) {
    if (!hasProgram(name)) throw new Unavailable(`there is no ${name}`);
  }
  await Deno.mkdir(FOLDER, { recursive: true });
  if (!isInstalled("root")) await inScratch(installEmulator);
  return await installDeno();
}

/** Installs the emulator, and the libraries that Deno is linked to. */
async function installEmulator(scratch: string): Promise<void> {
  const folders = ["lists/partial", "cache/archives/partial"];
  for (const folder of folders) {
    await Deno.mkdir(`${scratch}/${folder}`, { recursive: true });
  }
  // Separate lists: those of the machine need not include this processor.
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

/** Installs the first release of Deno that is present or can be downloaded. */
async function installDeno(): Promise<string> {
  const present = await installedRelease();
  let failure: unknown;
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
      failure ??= error;
    }
  }
  throw failure;
}

async function installedRelease(): Promise<string | undefined> {
  if (!isInstalled("deno")) return undefined;
  const said = await run(FOLDER, `${FOLDER}/../deno_arm64`, "--version");
  return /^deno (\S+)/.exec(said)?.[1];
}

function isInstalled(name: string): boolean {
  try {
    Deno.statSync(`${FOLDER}/${name}`);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Calls a function with a temporary folder on the same file system. */
async function inScratch(work: (scratch: string) => Promise<void>) {
  const scratch = await Deno.makeTempDir({ dir: FOLDER });
  try {
    await work(scratch);
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

/** Runs a program in a folder, and returns what it prints. */
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
  const [reason = "no reason given"] =
    decoder.decode(stderr).match(/^(E: |npm error (?!code)).*/m) ?? [];
  throw new Unavailable(`${program} ${args.at(-1)} failed: ${reason}`);
}
