import { assertEquals, assertStrictEquals } from "@std/assert";
import { FakeTime } from "@std/testing/time";

Deno.test("FakeTime stands still until it is moved, and then calls what is due in its order", () => {
  using time = new FakeTime();
  const { now } = time;
  const calls: [name: string, ms: number][] = [];
  const note = (name: string) => calls.push([name, time.now - now]);
  setTimeout(note, 20, "later");
  setTimeout(note, 10, "first");
  clearTimeout(setTimeout(note, 15, "never"));
  const interval = setInterval(note, 8, "again");
  assertEquals(Date.now(), now);
  time.tick(9);
  time.tick(11);
  clearInterval(interval);
  time.tick(100);
  assertEquals(calls, [
    ["again", 8],
    ["first", 10],
    ["again", 16],
    ["later", 20],
  ]);
  assertEquals(Date.now(), now + 120);
});

Deno.test("FakeTime.tickAsync() lets what is pending run before it moves on", async () => {
  using time = new FakeTime();
  let called = false;
  Promise.resolve().then(() => setTimeout(() => called = true, 5));
  await time.tickAsync(5);
  assertEquals(called, true);
});

Deno.test("FakeTime brings real time back at the end of its block", () => {
  const { Date, setTimeout, clearTimeout } = globalThis;
  {
    using _time = new FakeTime();
    assertEquals(globalThis.setTimeout === setTimeout, false);
  }
  assertStrictEquals(globalThis.Date, Date);
  assertStrictEquals(globalThis.setTimeout, setTimeout);
  assertStrictEquals(globalThis.clearTimeout, clearTimeout);
});
