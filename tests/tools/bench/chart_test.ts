import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Bar, drawChart } from "./chart.ts";

function bar(name: string, value: number, isOwn = false): Bar {
  return { name, value, label: `${value} µs`, isOwn };
}

/** Returns an attribute of each element of a kind. */
function attributes(svg: string, element: string, name: string): string[] {
  return Array.from(
    svg.matchAll(RegExp(`<${element} [^>]*\\b${name}="([^"]*)"`, "g")),
    ([, value]) => value,
  );
}

Deno.test("drawChart() draws bars in proportion to their values", () => {
  const svg = drawChart("A beat", "µs", [bar("C", 10), bar("own", 40, true)]);
  const [, c, own] = attributes(svg, "rect", "width").map(Number);
  assertEquals(own, 4 * c);
  assertEquals(attributes(svg, "rect", "class"), ["card", "other", "own"]);
});

Deno.test("drawChart() draws a bar for a value that is very small", () => {
  const bars = [bar("C", 0.001), bar("D", 1), bar("E", 1)];
  const svg = drawChart("A beat", "µs", bars);
  assertEquals(attributes(svg, "rect", "width")[1], "1");
});

Deno.test("drawChart() cuts a bar that is far above the others", () => {
  const bars = [bar("C", 10), bar("D", 20), bar("E", 201)];
  const svg = drawChart("A beat", "µs", bars);
  const [, c, d, e] = attributes(svg, "rect", "width").map(Number);
  assertEquals(d, 2 * c);
  assert(e > d);
  assertEquals(attributes(svg, "path", "class"), ["gap"]);
  assertStringIncludes(svg, ">201 µs (cut)</text>");

  const whole = drawChart("A beat", "µs", [...bars.slice(0, 2), bar("E", 200)]);
  assertEquals(attributes(whole, "path", "class"), []);
});

Deno.test("drawChart() writes the values as text for screen readers", () => {
  const svg = drawChart("A beat", "Microseconds", [bar("C", 10), bar("D", 4)]);
  assertStringIncludes(svg, '<title id="title">A beat</title>');
  assertStringIncludes(
    svg,
    '<desc id="desc">Microseconds. C: 10 µs; D: 4 µs.</desc>',
  );
  assertStringIncludes(svg, 'aria-labelledby="title desc"');
});

Deno.test("drawChart() escapes names", () => {
  const svg = drawChart("a < b", "µs", [bar("x & y", 1)]);
  assertStringIncludes(svg, ">a &lt; b</text>");
  assertStringIncludes(svg, ">x &amp; y</text>");
});

Deno.test("drawChart() keeps all of a picture in its frame", () => {
  const bars = [bar("C", 12_345.6), bar("D", 9.9), bar("E", 0.1)];
  const svg = drawChart("A beat", "µs", bars);
  const [width, height] = [/width="(\d+)"/, /height="(\d+)"/]
    .map((pattern) => Number(pattern.exec(svg)![1]));
  const labels = attributes(svg, "text", "x").map(Number);
  // The longest label, at 9 pixels for each character.
  assert(Math.max(...labels) + 9 * "12345.6 µs (cut)".length < width);
  const tops = attributes(svg, "rect", "y").map(Number);
  assert(Math.max(...tops) + 16 < height);
});
