import { assert, assertEquals } from "@std/assert";
import { Controls, readKeys } from "../../../src/cli/watch/_controls.ts";

function press(controls: Controls, ...keys: string[]): boolean {
  return keys.map((key) => controls.press(key)).includes(true);
}

/** Returns the index of the first of 50 items in pages of 10, after these keys. */
function scrolled(...keys: string[]): number {
  const controls = new Controls();
  let offset = controls.scroll(50, 10);
  for (const key of keys) {
    controls.press(key);
    offset = controls.scroll(50, 10);
  }
  return offset;
}

Deno.test("Controls scrolls by one, by a page, and to the ends", () => {
  assertEquals(scrolled("j"), 1);
  assertEquals(scrolled("Down", "Down", "k"), 1);
  assertEquals(scrolled("PageDown", "PageDown", "Up"), 19);
  assertEquals(scrolled("PageDown", "PageUp"), 0);
  assertEquals(scrolled("End"), 40);
  assertEquals(scrolled("End", "j", "PageDown"), 40);
  assertEquals(scrolled("End", "Home", "k", "PageUp"), 0);
  assertEquals(scrolled("G"), 40);
  assertEquals(scrolled("G", "g"), 0);
});

Deno.test("Controls shows the first item if all have room", () => {
  const controls = new Controls();
  controls.press("End");
  assertEquals(controls.scroll(50, 10), 40);
  assertEquals(controls.scroll(20, 10), 10);
  assertEquals(controls.scroll(5, 10), 0);
  assertEquals(controls.scroll(0, 0), 0);
});

Deno.test("Controls chooses the order, and folds exited agents", () => {
  const controls = new Controls();
  const orders = ["p", "a", "r", "l", "t", "s"].map((key) => {
    controls.press(key);
    return controls.order;
  });
  assertEquals(orders, [
    ...["pid", "age", "rate", "lost beats", "stalls", "severity"],
  ]);
  press(controls, "e");
  assert(controls.isExpanded);
  press(controls, "e");
  assert(!controls.isExpanded);
});

Deno.test("Controls scrolls to the first exited agent at e", () => {
  const controls = new Controls();
  controls.press("e");
  assertEquals(controls.scroll(50, 10, 30), 30);
  assertEquals(controls.scroll(50, 10, 30), 30);
  press(controls, "g", "e");
  assertEquals(controls.scroll(30, 10), 0);
});

Deno.test("Controls freezes the order at Space, but not in a filter or help", () => {
  const controls = new Controls();
  press(controls, " ");
  assert(controls.isFrozen);
  press(controls, "/", " ", "Enter", "?", " ", "?");
  assert(controls.isFrozen);
  assertEquals(controls.filter, " ");
  press(controls, " ");
  assert(!controls.isFrozen);
});

Deno.test("Controls.press() returns true for q, but not in a filter", () => {
  const controls = new Controls();
  assert(!press(controls, "x", "Q", "toString", "\x1b[Z", "\x1b[11~"));
  assert(!press(controls, "/", "q"));
  assertEquals(controls.filter, "q");
  assert(!press(controls, "Enter"));
  assert(press(controls, "q"));
});

Deno.test("Controls reads a filter, which Enter keeps and Escape removes", () => {
  const controls = new Controls();
  press(controls, "/", "a", "é", "漢", "Backspace", "?", "Up", "\x1b[Z");
  assertEquals([controls.filter, controls.isTyping], ["aé?", true]);
  press(controls, "Enter", "e");
  assertEquals([controls.filter, controls.isTyping], ["aé?", false]);
  press(controls, "/", "b", "Escape");
  assertEquals([controls.filter, controls.isTyping], ["", false]);
  press(controls, "/", "x", "Enter", "Escape");
  assertEquals(controls.filter, "");
});

Deno.test("Controls limits the length of a filter", () => {
  const controls = new Controls();
  press(controls, "/", ...Array(1_000).fill("x"));
  assertEquals(controls.filter, "x".repeat(64));
});

Deno.test("Controls shows the help until ?, Escape or q", () => {
  const controls = new Controls();
  press(controls, "End");
  controls.scroll(50, 10);
  press(controls, "?", "p", "/", "e");
  assert(controls.hasHelp && !controls.isTyping && !controls.isExpanded);
  assertEquals(controls.order, "severity");
  assertEquals(controls.scroll(50, 10), 0);
  press(controls, "?");
  assert(!controls.hasHelp);
  press(controls, "?", "Escape");
  assert(!controls.hasHelp);
  assert(!press(controls, "?", "q"));
  assert(!controls.hasHelp);
  assert(press(controls, "q"));
});

Deno.test("readKeys() splits what a terminal sends into keys", () => {
  const keys = readKeys("a\x1b[A\x1bOB\x1b[5~\x1b[6~é\x7f\r\x1b[1;5Cq\x1b");
  assertEquals(keys, [
    ...["a", "Up", "Down", "PageUp", "PageDown", "é", "Backspace", "Enter"],
    ...["\x1b[1;5C", "q", "Escape"],
  ]);
  assertEquals(readKeys(""), []);
});

Deno.test("readKeys() knows a key by everything that terminals send for it", () => {
  const sequences: Record<string, string[]> = {
    Up: ["\x1b[A", "\x1bOA"],
    Down: ["\x1b[B", "\x1bOB"],
    Enter: ["\r", "\n"],
    Backspace: ["\x7f", "\b"],
    Home: ["\x1b[H", "\x1bOH", "\x1b[1~", "\x1b[7~"],
    End: ["\x1b[F", "\x1bOF", "\x1b[4~", "\x1b[8~"],
  };
  for (const [key, sent] of Object.entries(sequences)) {
    assertEquals(readKeys(sent.join("")), sent.map(() => key));
  }
});
