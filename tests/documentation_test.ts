import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { EXAMPLE_FILES, FOLDER } from "./support/example_file.ts";
import { blocksOf, ENTRY_POINTS, PAGES } from "./support/examples.ts";
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

const DOCUMENTS = ["README.md", ...PAGES];

function read(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

Deno.test("CONTRIBUTING.md names files and folders that exist", () => {
  const text = read(".github/CONTRIBUTING.md");
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

/** The links and the pictures of a document. */
function linksOf(path: string): string[] {
  return Array.from(read(path).matchAll(/\]\(([^)]*)\)/g), ([, link]) => link);
}

Deno.test("README.md and .github link to files and headings that exist", () => {
  let links = 0;
  for (const path of DOCUMENTS) {
    const url = new URL(path, ROOT);
    for (const link of linksOf(path)) {
      if (link.startsWith("https:")) continue;
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

Deno.test("README.md has links and pictures that JSR can resolve", () => {
  // JSR puts the URL of the repository before a link, and that of its raw files
  // before a picture, which it tells by the ending.
  const relative = linksOf("README.md").filter((it) => !/^(https:|#)/.test(it));
  assert(relative.length > 8);
  for (const link of relative) assert(!/^[./]{2}|^\//.test(link), link);
  for (
    const [, picture] of read("README.md").matchAll(/!\[[^\]]*\]\((.*?)\)/g)
  ) {
    assert(/^https:|\.svg$/.test(picture), picture);
  }
});

Deno.test("CONTRIBUTING.md and the other pages name tasks that exist", () => {
  const { tasks } = JSON.parse(read("deno.json"));
  const names = DOCUMENTS.map(read).flatMap((text) => [
    ...text.matchAll(/deno(?:@[\d.]+)? task ([\w:.]*\w)/g),
    // A list that begins with a command: `deno task fuzz`, `soak`.
    ...Array.from(text.matchAll(/`deno task [^`]+`(?:, `[\w:.]+`)+/g))
      .flatMap(([list]) => [...list.matchAll(/, `([\w:.]+)`/g)]),
  ]).map(([, name]) => name);
  assert(names.length > 10);
  assertEquals(names.filter((name) => !(name in tasks)), []);
});

Deno.test("README.md has pages that begin with whom they are for", () => {
  const without = [...PAGES, "tests/tools/bench/README.md"].filter((page) =>
    !/^# .*\n\nFor people /.test(read(page))
  );
  assertEquals(without, []);
});

/** The examples of a file, with the language of the block. */
function examplesOf(path: string): string[] {
  return blocksOf(path, "ts(?: ignore)?");
}

const SOURCES = (await Array.fromAsync(sourcesIn("src"))).concat("mod.ts");

async function* sourcesIn(folder: string): AsyncGenerator<string> {
  for await (
    const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))
  ) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* sourcesIn(path);
    else yield path;
  }
}

Deno.test("Varta.connect() has its version in every example", () => {
  const examples = [
    ...[...DOCUMENTS, ...SOURCES].flatMap(examplesOf),
    ...EXAMPLE_FILES.map((name) => read(FOLDER + name)),
  ];
  const calls = examples.flatMap((code) =>
    code.match(/Varta\.connect\([^;]*;/g) ?? []
  );
  assert(calls.length > 20);
  assertEquals(calls.filter((call) => !call.includes("version: ")), []);
});

Deno.test("README.md and the sources have sockets that an ordinary user can bind", () => {
  // In the recipes of DEPLOYMENTS.md, systemd or a volume has a directory for it.
  const texts = [...DOCUMENTS, ...SOURCES]
    .filter((path) => path !== ".github/DEPLOYMENTS.md").map(read)
    .concat(EXAMPLE_FILES.map((name) => read(FOLDER + name)));
  const paths = texts.flatMap((text) =>
    text.match(/(?<!…)\/\w[\w/]*\.sock\b/g) ?? []
  );
  assert(paths.length > 10);
  assertEquals(paths.filter((path) => !path.startsWith("/tmp/")), []);
  assert(!texts[0].replaceAll("/tmp/varta.sock", "").includes(".sock"));
});

Deno.test("The workflows pin one release of each action", () => {
  const folder = ".github/workflows/";
  const releases = new Map<string, Set<string>>();
  for (const { name } of Deno.readDirSync(new URL(folder, ROOT))) {
    for (
      const [, action, release] of read(folder + name).matchAll(
        /uses: (.*?)@(.*)/g,
      )
    ) {
      releases.set(action, (releases.get(action) ?? new Set()).add(release));
    }
  }
  assert(releases.has("actions/checkout"));
  for (const [action, [release, ...others]] of releases) {
    assert(/^[\da-f]{40} # v/.test(release), `${action}@${release}`);
    assertEquals(others, [], action);
  }
});

Deno.test("publish.yml runs nothing but deno publish in the job that signs", () => {
  const jobs = read(".github/workflows/publish.yml").split(/^ {2}(?=\w+:$)/m);
  const signing = jobs.filter((job) => job.includes("id-token: write"));
  assertEquals(signing.length, 1);
  assertEquals(signing[0].match(/run: .*/g), ["run: deno publish"]);
  assert(signing[0].includes("needs: test"));
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
