/** The release of zig, which has the headers of all systems, as PyPI has it. */
const PACKAGE = "ziglang==0.17.1";
const FOLDER = `${import.meta.dirname}/.zig`;

/** The compiler cannot be installed on this machine. */
export class Unavailable extends Error {}

/**
 * Installs the compiler, some 100 MB, if it is not installed yet.
 *
 * @returns The path of the program and that of its library.
 * @throws {Unavailable} If there is no pip, or PyPI does not answer.
 */
export async function install(): Promise<{ program: string; library: string }> {
  const folder = `${FOLDER}/${PACKAGE}`;
  const paths = {
    program: `${folder}/ziglang/zig`,
    library: `${folder}/ziglang/lib`,
  };
  try {
    await Deno.stat(paths.program);
    return paths;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await Deno.mkdir(FOLDER, { recursive: true });
  const scratch = await Deno.makeTempDir({ dir: FOLDER });
  try {
    await pip("install", "--no-deps", `--target=${scratch}`, PACKAGE);
    await Deno.rename(scratch, folder);
  } catch (error) {
    await Deno.remove(scratch, { recursive: true });
    throw error;
  }
  return paths;
}

async function pip(...args: string[]): Promise<void> {
  const options = ["--quiet", "--disable-pip-version-check", "--timeout=20"];
  let output;
  try {
    const command = new Deno.Command("python3", {
      args: ["-m", "pip", ...args, ...options, "--retries=1"],
      stdin: "null",
    });
    output = await command.output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Unavailable("there is no python3");
  }
  if (output.success) return;
  const message = new TextDecoder().decode(output.stderr).trim();
  throw new Unavailable(
    `pip cannot install ${PACKAGE}: ${message.split("\n").at(-1)}`,
  );
}
