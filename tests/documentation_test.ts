import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { ENTRY_POINTS } from "./support/examples.ts";
import { isDenoBefore, testUnless } from "./support/test_unless.ts";
import { exists } from "./support/until.ts";

const ROOT = new URL("../", import.meta.url);

/** The anchors that GitHub gives to the headings of a file. */
function anchorsOf(text: string): string[] {
  return Array.from(
    // In a block of commands, such a line is a comment.
    text.replace(/^```.*?^```/gms, "").matchAll(/^#+ (.*)$/gm),
    ([, heading]) =>
      heading.toLowerCase().replace(/[^\p{L}\p{N} -]/gu, "")
        .replaceAll(" ", "-"),
  );
}

const PAGES = Array.from(Deno.readDirSync(new URL(".github", ROOT)))
  .map(({ name }) => `.github/${name}`)
  .filter((path) => path.endsWith(".md"));

Deno.test("CONTRIBUTING.md names files and folders that exist", () => {
  const text = Deno.readTextFileSync(new URL(".github/CONTRIBUTING.md", ROOT));
  const names = Array.from(
    text.matchAll(/^\| `([\w./]+)`/gm),
    ([, name]) => name,
  );
  assert(names.length > 10);
  const missing = names.filter((name) =>
    !exists(fileURLToPath(new URL(name, ROOT)))
  );
  assertEquals(missing, []);
});

/** Links to other sites, and to a workflow, which GitHub resolves. */
const EXTERNAL = /^(https:|\.\.\/\.\.\/actions\/)/;

Deno.test("README.md and .github link to files and headings that exist", () => {
  let links = 0;
  for (const path of ["README.md", ...PAGES]) {
    const url = new URL(path, ROOT);
    const text = Deno.readTextFileSync(url);
    for (const [, link] of text.matchAll(/\]\(([^)]*)\)/g)) {
      if (EXTERNAL.test(link)) continue;
      links++;
      const target = new URL(link, url);
      const anchor = target.hash.slice(1);
      target.hash = "";
      assert(exists(fileURLToPath(target)), `${link} in ${path}`);
      if (anchor === "") continue;
      const anchors = anchorsOf(Deno.readTextFileSync(target));
      assert(anchors.includes(anchor), `${link} in ${path}`);
    }
  }
  assert(links > 20);
});

/** A documented symbol in the output of `deno doc --json`. */
interface Documented {
  name: string;
  jsDoc?: { doc?: string; tags?: { kind: string; doc?: string }[] };
}

interface Declaration extends Documented {
  kind: string;
  def?: {
    methods?: (Documented & { kind: string })[];
    properties?: Documented[];
  };
}

/** The declarations of an entry point. */
async function declarationsOf(entryPoint: string): Promise<Declaration[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", entryPoint],
    cwd: ROOT,
  }).output();
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout));
  type File = { symbols: { name: string; declarations: Declaration[] }[] };
  return Object.values<File>(nodes).flatMap(({ symbols }) =>
    symbols.flatMap(({ name, declarations }) =>
      declarations.map((declaration) => ({ ...declaration, name }))
    )
  );
}

/** The functions, the classes, and the methods that programs call. */
function callablesOf({ kind, name, jsDoc, def }: Declaration): Documented[] {
  if (kind !== "function" && kind !== "class") return [];
  const methods = def?.methods?.filter(({ kind }) => kind === "method") ?? [];
  return [
    { name, jsDoc },
    ...methods.map((method) => ({ ...method, name: `${name}.${method.name}` })),
  ].filter(({ name }) => !name.includes("customInspect"));
}

/** Whether it has an example with a title that is run. */
function hasExample({ jsDoc }: Documented): boolean {
  return jsDoc?.tags?.some(({ kind, doc = "" }) =>
    kind === "example" && /^\w.*\n+```ts( ignore)?\n/.test(doc)
  ) ?? false;
}

const otherFormat = isDenoBefore("2.9.0")
  ? "deno doc --json has another format before Deno 2.9"
  : undefined;

for (const entryPoint of ENTRY_POINTS) {
  testUnless(
    otherFormat,
    `${entryPoint} has texts of at most 20 lines before their tags`,
    async () => {
      const documented = (await declarationsOf(entryPoint)).flatMap(
        (declaration) => [
          declaration,
          ...declaration.def?.methods ?? [],
          ...declaration.def?.properties ?? [],
        ],
      );
      const long = documented.filter(({ jsDoc }) =>
        (jsDoc?.doc ?? "").trim().split("\n").length > 20
      );
      assertEquals(long.map(({ name }) => name), []);
    },
  );

  testUnless(
    otherFormat,
    `${entryPoint} has an example for each function, class and method`,
    async () => {
      const callables = (await declarationsOf(entryPoint)).flatMap(callablesOf);
      const without = callables.filter((callable) => !hasExample(callable));
      assertEquals(without.map(({ name }) => name), []);
    },
  );
}
