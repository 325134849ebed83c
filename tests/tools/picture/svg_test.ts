import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { toSvg } from "./svg.ts";

const TEXTS = { title: "title", description: "description" };

/** The elements of the lines, as their classes, places and texts. */
function elementsOf(...lines: string[]): (string | undefined)[][] {
  const elements = toSvg(lines, 80, TEXTS).matchAll(
    /<text(?: class="([^"]*)")? x="([\d.]+)" y="([\d.]+)" textLength="([\d.]+)".*?>(.*)<\/text>/g,
  );
  return [...elements].map((match) => match.slice(1));
}

Deno.test("toSvg() places each word by its columns", () => {
  assertEquals(elementsOf("  PID  LAST MINUTE ", "", " 漢字  x"), [
    [undefined, "57.4", "75", "30.6", "PID"],
    [undefined, "108.4", "75", "112.2", "LAST MINUTE"],
    [undefined, "47.2", "119", "40.8", "漢字"],
    [undefined, "108.4", "119", "10.2", "x"],
  ]);
});

Deno.test("toSvg() keeps a look until it ends, also on the next line", () => {
  const lines = [
    "\x1b[1ma\x1b[31m\x1b[49mb",
    "c\x1b[32md\x1b[39me\x1b[2mf\x1b[22mg\x1b[1;33mh\x1b[0mi\x1b[31mj\x1b[mk",
  ];
  assertEquals(elementsOf(...lines).map(([look, , , , text]) => [text, look]), [
    ["a", "s1"],
    ["b", "s1 s31"],
    ["c", "s1 s31"],
    ["d", "s1 s32"],
    ["e", "s1"],
    ["f", "s2"],
    ["g", undefined],
    ["h", "s1 s33"],
    ["i", undefined],
    ["j", "s31"],
    ["k", undefined],
  ]);
});

Deno.test("toSvg() draws blocks at their columns", () => {
  const svg = toSvg(["a \x1b[32m▁█\x1b[39m▓"], 80, TEXTS);
  const rects = [...svg.matchAll(/<rect class="s32".*>|<rect opacity.*>/g)];
  assertEquals(rects.map(([rect]) => rect), [
    '<rect class="s32" x="57.4" y="74" width="10.2" height="2"/>',
    '<rect class="s32" x="67.6" y="60" width="10.2" height="16"/>',
    '<rect opacity="0.75" x="77.8" y="60" width="10.2" height="16"/>',
  ]);
});

Deno.test("toSvg() escapes markup, and replaces control characters", () => {
  const text = "</text>&amp;\x07\x9b\u202e\0";
  const escaped = "&lt;/text&gt;&amp;amp;\ufffd\ufffd\ufffd\ufffd";
  assertEquals(elementsOf(text)[0][4], escaped);
  const svg = toSvg([], 80, { title: text, description: text });
  assertEquals(svg.split(escaped).length, 4);
  assertEquals(svg.includes(text), false);
});

Deno.test("toSvg() has a title and a description for screen readers", () => {
  const svg = toSvg([], 80, { title: "A & B", description: "A table." });
  assertStringIncludes(svg, '<title id="title">A &amp; B</title>');
  assertStringIncludes(svg, '<desc id="description">A table.</desc>');
  assertMatch(
    svg,
    /^<svg [^>]* role="img" aria-labelledby="title description">/,
  );
});
