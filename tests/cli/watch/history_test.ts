import { assert, assertEquals } from "@std/assert";
import { Status } from "../../../mod.ts";
import { History, Rate } from "../../../src/cli/watch/_history.ts";

const { Ok, Degraded, Critical } = Status;

const marks = { unknown: " ", silent: "_", stalled: "!" };

/** Returns the cells as text: the numbers of the statuses, or a mark. */
function textOf(history: History, now: number): string[] {
  return history.at(now).map((cell) =>
    typeof cell === "string" ? marks[cell] : cell.join("")
  );
}

Deno.test("History has the statuses of each six seconds, the worst last", () => {
  const history = new History(1_000);
  history.add(Ok, 1_000);
  assertEquals(textOf(history, 1_000).join(""), "         0");
  history.add(Critical, 6_000);
  history.add(Ok, 11_999);
  history.add(Degraded, 24_000);
  assertEquals(textOf(history, 29_999).slice(-6), [
    ...[" ", "0", "02", "_", "_", "1"],
  ]);
});

Deno.test("History shows that an agent flaps within a cell", () => {
  const history = new History(0);
  for (let now = 0; now < 60_000; now += 500) {
    history.add(now % 1_000 === 0 ? Ok : Critical, now);
  }
  assertEquals(textOf(history, 59_999), Array(10).fill("02"));
});

Deno.test("History has no silence before the first beat or in the last cell", () => {
  const history = new History(12_000);
  history.add(Ok, 12_000);
  assertEquals(textOf(history, 18_000).join(""), "        0 ");
  assertEquals(textOf(history, 24_000).join(""), "       0_ ");
});

Deno.test("History forgets what is older than a minute", () => {
  const history = new History(0);
  history.add(Critical, 0);
  assertEquals(textOf(history, 59_999).join(""), "2________ ");
  assertEquals(textOf(history, 60_000).join(""), "_________ ");
  assertEquals(textOf(history, 1e12).join(""), "_________ ");
  history.add(Ok, 1e12);
  assertEquals(textOf(history, 1e12).join(""), "_________0");
});

Deno.test("History marks the cell of a stall, even among beats", () => {
  const history = new History(0);
  history.add(Ok, 0);
  history.addStall(6_000);
  history.add(Ok, 7_000);
  history.add(Ok, 12_000);
  assertEquals(textOf(history, 12_000).join(""), "       0!0");
  history.addStall(59_999);
  assertEquals(textOf(history, 59_999).join(""), "0!0______!");
  assertEquals(textOf(history, 66_000).join(""), "0______!_ ");
  assertEquals(textOf(history, 119_999).join(""), "_________ ");
});

Deno.test("History shows a status that only version 1 contains as Critical", () => {
  const history = new History(0);
  history.add(Status.Stall, 0);
  assertEquals(textOf(history, 0).join(""), "         2");
});

/** Returns the rate after `count` beats, every `interval` ms from 0. */
function rateOf(interval: number, count: number): Rate {
  const rate = new Rate();
  for (let i = 0; i < count; i++) rate.add(i * interval);
  return rate;
}

Deno.test("Rate is undefined after one beat", () => {
  assertEquals(new Rate().at(0), undefined);
  assertEquals(rateOf(1, 1).at(5_000), undefined);
});

Deno.test("Rate is exact for regular beats until the next is due", () => {
  for (const [interval, count] of [[1_000, 30], [30_000, 3], [1, 20_000]]) {
    const rate = rateOf(interval, count);
    const last = (count - 1) * interval;
    for (const part of [0, 0.3, 0.99]) {
      const found = rate.at(last + part * interval)!;
      assert(Math.abs(found - 1_000 / interval) < 1e-9 * found, `${found}`);
    }
  }
});

Deno.test("Rate falls when the next beat is late", () => {
  const rate = rateOf(1_000, 11);
  assertEquals(rate.at(20_000), 11 / 20);
  assertEquals(rate.at(110_000), 0.1);
});

Deno.test("Rate ignores beats that are older than ten seconds", () => {
  const rate = rateOf(10, 1_000);
  for (let i = 1; i <= 11; i++) rate.add(9_990 + i * 1_000);
  assertEquals(rate.at(20_990), 1);
});
