import { assertEquals } from "@std/assert";
import {
  type Look,
  plain,
  render,
  Style,
  widthOf,
} from "../../../src/cli/watch/_render.ts";

const line = [plain("one "), { text: "two", style: Style.RED }, plain(" x")];

function text(look: Partial<Look>, spans = line): string {
  return render(spans, {
    columns: 80,
    hasColor: false,
    isUnicode: true,
    ...look,
  });
}

Deno.test("render() styles a span, and nothing after it", () => {
  assertEquals(text({ hasColor: true }), "one \x1b[31mtwo\x1b[0m x");
});

Deno.test("render() has no control characters without color", () => {
  assertEquals(text({}), "one two x");
});

Deno.test("render() marks a line that it cuts, and does not count styles", () => {
  const red = { columns: 6, hasColor: true };
  assertEquals(text(red), "one \x1b[31mt\x1b[0m…");
  assertEquals(text({ columns: 9 }), "one two x");
  assertEquals(text({ columns: 8 }), "one two…");
  assertEquals(text({ columns: 1 }), "…");
  assertEquals(text({ columns: 0 }), "");
});

Deno.test("render() does not mark a line if only spaces are cut", () => {
  assertEquals(text({ columns: 3 }, [plain("one   ")]).trimEnd(), "one");
});

Deno.test("render() cuts before a character that needs two columns", () => {
  const wide = [plain("a漢字b")];
  assertEquals(text({ columns: 6 }, wide), "a漢字b");
  assertEquals(text({ columns: 5 }, wide), "a漢…");
  assertEquals(text({ columns: 4 }, wide), "a漢…");
  assertEquals(text({ columns: 3 }, wide), "a…");
});

Deno.test("render() shows only ASCII if the terminal has no Unicode", () => {
  const spans = [plain("é漢😀 "), plain("x".repeat(9))];
  assertEquals(text({ isUnicode: false }, spans), "??? xxxxxxxxx");
  assertEquals(text({ isUnicode: false, columns: 6 }, spans), "??? x>");
});

Deno.test("widthOf() counts the columns of a terminal", () => {
  const widths: [text: string, width: number][] = [
    ["", 0],
    ["abc ~", 5],
    ["é", 1],
    ["e\u0301", 1],
    ["漢字", 4],
    ["ｱ", 1],
    ["Ａ", 2],
    ["한국", 4],
    ["😀", 2],
    ["👩‍👩‍👧", 2],
    ["🇩🇪", 2],
    ["❤", 1],
    ["❤️", 2],
    ["▁▃▅█…↑↓", 7],
  ];
  for (const [text, width] of widths) assertEquals(widthOf(text), width, text);
});
