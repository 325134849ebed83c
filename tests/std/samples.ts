/**
 * Values whose equality is a matter of opinion, by a name for each. Every call
 * makes a new one, so that two are never equal by being one.
 *
 * @module
 */

import { builtIns } from "./built_ins.ts";

class Point {
  constructor(readonly x: number) {}
}

class Sealed {
  readonly #x: number;
  constructor(x: number) {
    this.#x = x;
  }
  get x() {
    return this.#x;
  }
}

class Veiled {
  readonly #x: number;
  constructor(x: number) {
    this.#x = x;
  }
  isSame(other: Veiled) {
    return this.#x === other.#x;
  }
}

class List extends Array<number> {}

function ring(length: number, key: string): object {
  const first: Record<string, unknown> = {};
  let last = first;
  for (let i = 1; i < length; i++) last = last[key] = {};
  last[key] = first;
  return first;
}

const hidden = (target: object, key: PropertyKey, value: unknown) =>
  Object.defineProperty(target, key, { value, enumerable: false });

const bare = (properties: object) =>
  Object.assign(Object.create(null), properties);

export const samples: Record<string, () => unknown> = {
  "0": () => 0,
  "-0": () => -0,
  "1": () => 1,
  "NaN": () => NaN,
  "0n": () => 0n,
  "1n": () => 1n,
  "''": () => "",
  "'1'": () => "1",
  "true": () => true,
  "false": () => false,
  "null": () => null,
  "undefined": () => undefined,
  "symbol": () => Symbol("a"),
  "registered symbol": () => Symbol.for("a"),
  "function": () => () => {},
  "one function": () => ring,

  "{}": () => ({}),
  "{a:1}": () => ({ a: 1 }),
  "{a:2}": () => ({ a: 2 }),
  "{b:1}": () => ({ b: 1 }),
  "{a:0}": () => ({ a: 0 }),
  "{a:-0}": () => ({ a: -0 }),
  "{a:undefined}": () => ({ a: undefined }),
  "{b:undefined}": () => ({ b: undefined }),
  "{a:{b:1}}": () => ({ a: { b: 1 } }),
  "{a:{b:2}}": () => ({ a: { b: 2 } }),
  "bare {}": () => bare({}),
  "bare {a:1}": () => bare({ a: 1 }),
  "{symbol:1}": () => ({ [Symbol.for("a")]: 1 }),
  "{symbol:2}": () => ({ [Symbol.for("a")]: 2 }),
  "{new symbol:1}": () => ({ [Symbol("a")]: 1 }),
  "{hidden a:1}": () => hidden({}, "a", 1),
  "{hidden symbol:1}": () => hidden({}, Symbol.for("a"), 1),
  "{getter a:1}": () => ({
    get a() {
      return 1;
    },
  }),
  "{constructor:1}": () => ({ constructor: 1 }),
  "heir of {a:1}": () => Object.create({ a: 1 }),
  "proxy of {a:1}": () => new Proxy({ a: 1 }, {}),

  "Point 1": () => new Point(1),
  "Point 2": () => new Point(2),
  "Point 1 with hidden y": () => hidden(new Point(1), "y", 1),
  "{x:1}": () => ({ x: 1 }),
  "Sealed 1": () => new Sealed(1),
  "Sealed 2": () => new Sealed(2),
  "Veiled 1": () => new Veiled(1),
  "Veiled 2": () => new Veiled(2),
  "class of its own": () => new (class {})(),

  "[]": () => [],
  "[hole]": () => new Array(1),
  "[hole,hole]": () => new Array(2),
  "[undefined]": () => [undefined],
  "[0]": () => [0],
  "[-0]": () => [-0],
  "[1]": () => [1],
  "[1,2]": () => [1, 2],
  "[2,1]": () => [2, 1],
  "[[1]]": () => [[1]],
  "[1] with a": () => Object.assign([1], { a: 1 }),
  "{0:1}": () => ({ 0: 1 }),
  "List [1]": () => List.of(1),
  "List [2]": () => List.of(2),
  "List [hole]": () => new List(1),
  "List [hole,hole]": () => new List(2),

  "ring of 1": () => ring(1, "next"),
  "ring of 2": () => ring(2, "next"),
  "other ring": () => ring(1, "other"),

  ...builtIns,
};
