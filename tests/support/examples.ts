import type { TestFolder } from "./test_folder.ts";

const ROOT = new URL("../../", import.meta.url);
const { name, exports } = JSON.parse(
  Deno.readTextFileSync(new URL("deno.json", ROOT)),
);

/** The pages of the documentation besides README.md, by their paths. */
export const PAGES: readonly string[] = [
  ...Deno.readDirSync(new URL(".github", ROOT)),
].map(({ name }) => `.github/${name}`).filter((path) => path.endsWith(".md"));

/** The entry points of the package, by their paths in `deno.json`. */
export const ENTRY_POINTS: readonly string[] = Object.values(exports);

/** The blocks of a language in a file, without the indentation of a comment. */
export function blocksOf(path: string, language: string): string[] {
  const text = Deno.readTextFileSync(new URL(path, ROOT));
  const blocks = text.matchAll(
    RegExp(`^( +\\* |)\`\`\`${language}\n(.*?)\`\`\``, "gms"),
  );
  return Array.from(
    blocks,
    ([_, indentation, block]) =>
      block.split("\n").map((line) => line.slice(indentation.length))
        .join("\n"),
  );
}

/**
 * Writes `deno.json` to a folder, so that `@varta/client` is this module, and
 * `@std` what these tests use.
 */
export function writeConfig(folder: TestFolder): void {
  const imports = Object.entries<string>(exports).flatMap(([key, path]) => {
    const url = new URL(path, ROOT).href;
    const specifier = name + key.slice(1);
    return [[`jsr:${specifier}`, url], [specifier, url]];
  });
  for (const specifier of ["@std/assert", "@std/testing/time"]) {
    imports.push([specifier, import.meta.resolve(specifier)]);
  }
  Deno.writeTextFileSync(
    folder.file("deno.json"),
    JSON.stringify({ imports: Object.fromEntries(imports) }),
  );
}

/** A command that runs Deno in a folder. */
export function deno(
  folder: TestFolder,
  args: string[],
  env: Record<string, string> = {},
  stdin: "null" | "piped" = "null",
): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args,
    cwd: folder.path,
    env: { NO_COLOR: "1", ...env },
    stdin,
    stdout: "piped",
    stderr: "piped",
  });
}

/** Replaces texts in the strings of a program. */
export function replaceIn(
  code: string,
  replacements: Record<string, string>,
): string {
  for (const [text, replacement] of Object.entries(replacements)) {
    const escaped = JSON.stringify(replacement).slice(1, -1);
    code = code.replaceAll(text, () => escaped);
  }
  return code;
}

/** Checks the types of all examples at once; returns what Deno prints. */
export async function checkExamples(
  codes: string[],
  folder: TestFolder,
): Promise<string> {
  writeConfig(folder);
  const files = codes.map((code, i) => {
    Deno.writeTextFileSync(folder.file(`${i}.ts`), code);
    return `${i}.ts`;
  });
  const { stderr } = await deno(folder, ["check", "--quiet", ...files])
    .output();
  return new TextDecoder().decode(stderr);
}

/**
 * Starts an example in a folder, without checking its types.
 *
 * @param replacements What it has in its strings, and what replaces that.
 */
export function startExample(
  code: string,
  folder: TestFolder,
  flags: string[],
  replacements: Record<string, string> = {},
): Deno.ChildProcess {
  writeConfig(folder);
  const main = folder.file("main.ts");
  Deno.writeTextFileSync(main, replaceIn(code, replacements));
  return deno(folder, ["run", "--quiet", "--no-check", ...flags, "main.ts"])
    .spawn();
}
