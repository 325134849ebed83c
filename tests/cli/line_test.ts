import { assertEquals } from "@std/assert";
import { plain, render, Style } from "../../src/cli/line.ts";

const line = [plain("one "), { text: "two", style: Style.Red }, plain(" x")];

Deno.test("render() styles a part, and nothing behind it", () => {
  assertEquals(render(line, 80, true), "one \x1b[31mtwo\x1b[0m x");
});

Deno.test("render() writes no control character without color", () => {
  assertEquals(render(line, 80, false), "one two x");
});

Deno.test("render() cuts a line by its characters, not by its styles", () => {
  assertEquals(render(line, 5, true), "one \x1b[31mt\x1b[0m");
  assertEquals(render(line, 4, true), "one ");
  assertEquals(render(line, 9, false), "one two x");
  assertEquals(render(line, 0, true), "");
});
