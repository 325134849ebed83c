import { assert, assertEquals, assertThrows } from "@std/assert";
import { drawChart } from "./chart.ts";
import { renderFiles } from "./page.ts";
import type { Output, Table } from "./request.ts";

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
  for (const { title } of output.tables) assert(page.includes(`| ${title},`));
  for (const { name } of output.figures) assert(page.includes(`| ${name} `));
});

Deno.test("renderFiles() changes only what is between two comments", () => {
  const text = "before\n<!-- system -->\nold\n<!-- end -->\nafter\n";
  const result = renderFiles(output, text)["README.md"];
  assert(
    /^before\n<!-- system -->\n\n\| deno .* \|\n\n<!-- end -->\nafter\n$/s.test(
      result,
    ),
  );
});

Deno.test("renderFiles() throws if a table of the page was not measured", () => {
  const text = "<!-- pace -->\n\n<!-- end -->\n";
  assertThrows(
    () => renderFiles({ ...output, tables: [] }, text),
    Error,
    'Cannot write the page: figures.json has no "pace"',
  );
});

/** Draws values. Returns the SVG, and the widths of its bars. */
function draw(
  values: Record<string, number>,
): { svg: string; widths: number[] } {
  const rows: Table["rows"] = {};
  for (const [name, p50] of Object.entries(values)) {
    rows[name] = { p10: 0, p50, p90: 0, p99: 0 };
  }
  const svg = drawChart({ id: "", title: "a < b", unit: "µs", rows });
  const bars = svg.matchAll(/<rect class="(?:own|other)".*? width="(\d+)"/g);
  return { svg, widths: Array.from(bars, ([, width]) => Number(width)) };
}

Deno.test("drawChart() draws bars in proportion to their values, at least a pixel", () => {
  const { svg, widths } = draw({ "version 1": 40, "x & y": 10, D: 0.001 });
  assertEquals(widths, [1, 110, 440]);
  assert(svg.includes('<title id="title">A &lt; b</title>'));
  assert(
    svg.includes("D: 0.0 µs; x &amp; y: 10.0 µs; version 1: 40.0 µs.</desc>"),
  );
  assertEquals(svg.match(/"own"/g)?.length, 1);
});

Deno.test("drawChart() cuts a bar that is ten times the median, and says so", () => {
  const cut = draw({ C: 10, D: 20, E: 201 });
  assertEquals(cut.widths, [176, 352, 440]);
  assert(cut.svg.includes(">201.0 µs (cut)</text>"));
  assert(!draw({ C: 10, D: 20, E: 200 }).svg.includes("(cut)"));
});
