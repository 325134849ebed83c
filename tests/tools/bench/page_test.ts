import { assert, assertEquals, assertThrows } from "@std/assert";
import { renderFiles } from "./page.ts";
import type { Output } from "./request.ts";

function read(name: string): string {
  return Deno.readTextFileSync(new URL(name, import.meta.url));
}

const output: Output = JSON.parse(read("figures.json"));
const page = read("README.md");

Deno.test("renderFiles() makes the page and the charts from figures.json", () => {
  const files = renderFiles(output, page);
  for (const [name, text] of Object.entries(files)) {
    assertEquals(read(name), text, `${name}: run deno task charts`);
  }
});

Deno.test("renderFiles() makes each picture that the page shows", () => {
  const pictures = page.matchAll(/!\[.+\]\((.+)\)/g);
  assertEquals(
    Object.keys(renderFiles(output, page)).sort(),
    ["README.md", ...Array.from(pictures, ([, file]) => file)].sort(),
  );
});

Deno.test("renderFiles() writes each table and figure to the page", () => {
  const text = renderFiles(output, page)["README.md"];
  for (const { title } of output.tables) assert(text.includes(`| ${title},`));
  for (const { name } of output.figures) assert(text.includes(`| ${name} `));
});

Deno.test("renderFiles() changes only what is between two comments", () => {
  const text = "before\n<!-- system -->\nold\n<!-- end -->\nafter\n";
  const result = renderFiles(output, text)["README.md"];
  assert(result.startsWith("before\n<!-- system -->\n\n| Deno "));
  assert(result.endsWith(" |\n\n<!-- end -->\nafter\n"));
});

Deno.test("renderFiles() throws if a table of the page was not measured", () => {
  const text = "<!-- pace -->\n\n<!-- end -->\n";
  assertThrows(
    () => renderFiles({ ...output, tables: [] }, text),
    Error,
    'Cannot write the page: figures.json has no "pace"',
  );
});
