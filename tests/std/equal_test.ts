import { assertEquals, assertStrictEquals } from "@std/assert";
import { samples } from "./samples.ts";
import { report, verdict } from "./verdict.ts";
// Taken down from @std/assert 1.0.19. A sample that "equal" does not name is
// equal to itself alone.
import verdicts from "./verdicts.json" with { type: "json" };

const equal: Record<string, string[]> = verdicts.equal;

function expected(a: string, b: string): "equal" | "different" | string {
  const thrown = verdicts.throws.find(([x, y]) => x === a && y === b);
  if (thrown) return thrown[2];
  return (equal[a] ?? [a]).includes(b) ? "equal" : "different";
}

const isSame = (a: string, b: string) =>
  a === b && verdicts.same.includes(a) ? "equal" : "different";

/** Crosses the samples, and puts every pair to the assertion. */
function compare(
  names: string[],
  answer: (a: unknown, b: unknown) => void,
  expected: (a: string, b: string) => string,
): void {
  const meaning: Record<string, string> = {
    passes: "equal",
    fails: "different",
  };
  const wrong = names.flatMap((a) =>
    names.filter((b) => {
      const [left, right] = [samples[a](), samples[b]()];
      const actual = verdict(() => answer(left, right));
      return (meaning[actual] ?? actual) !== expected(a, b);
    }).map((b) => `${a} and ${b} must be ${expected(a, b)}`)
  );
  report(wrong);
}

const all = Object.keys(samples);
const primitives = all.filter((name) => {
  const value = samples[name]();
  return Object(value) !== value;
});

Deno.test("assertEquals() tells apart what @std/assert tells apart", () => {
  compare(all, assertEquals, expected);
});

Deno.test("assertEquals() finds in depth what it finds on top", () => {
  const deep = (a: unknown, b: unknown) =>
    assertEquals({ in: [a] }, { in: [b] });
  compare(all, deep, expected);
});

Deno.test("assertEquals() takes every sample for equal to itself", () => {
  report(
    all.filter((name) => {
      const value = samples[name]();
      return verdict(() => assertEquals(value, value)) !== "passes";
    }),
  );
});

Deno.test("assertStrictEquals() tells apart all but the same value", () => {
  compare(primitives, assertStrictEquals, isSame);
});
