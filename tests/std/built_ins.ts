/**
 * The samples that are instances of the platform's own classes.
 *
 * @module
 */

class Day extends Date {}
class Table extends Map<unknown, unknown> {}

const bytes = (...values: number[]) => new Uint8Array(values);

function shared(value: number): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(1);
  new Uint8Array(buffer)[0] = value;
  return buffer;
}

function searched(pattern: RegExp): RegExp {
  pattern.test("aaa");
  return pattern;
}

/** The trace tells where an error was made, and would set any two apart. */
function untraced<E extends Error>(error: E): E {
  error.stack = "";
  return error;
}

export const builtIns: Record<string, () => unknown> = {
  "Date 0": () => new Date(0),
  "Date 1": () => new Date(1),
  "Date NaN": () => new Date(NaN),
  "Day 0": () => new Day(0),
  "/a/": () => /a/,
  "/a/g": () => /a/g,
  "/a/g searched": () => searched(/a/g),
  "/b/": () => /b/,

  "Error a": () => untraced(new Error("a")),
  "Error b": () => untraced(new Error("b")),
  "Error a of b": () => untraced(new Error("a", { cause: "b" })),
  "Error a with code": () =>
    untraced(Object.assign(new Error("a"), { code: 1 })),
  "traced Error a": () => Object.assign(new Error("a"), { stack: "at a" }),
  "TypeError a": () => untraced(new TypeError("a")),

  "bytes 1,2": () => bytes(1, 2),
  "bytes 1,3": () => bytes(1, 3),
  "bytes 1,2 of 0,1,2": () => bytes(0, 1, 2).subarray(1),
  "bytes 1,2 with a": () => Object.assign(bytes(1, 2), { a: 1 }),
  "Int8Array 1,2": () => Int8Array.of(1, 2),
  "Float64Array 0": () => Float64Array.of(0),
  "Float64Array -0": () => Float64Array.of(-0),
  "Float64Array NaN": () => Float64Array.of(NaN),
  "ArrayBuffer 1,2": () => bytes(1, 2).buffer,
  "ArrayBuffer 1,3": () => bytes(1, 3).buffer,
  "ArrayBuffer 1,2 with a": () => Object.assign(bytes(1, 2).buffer, { a: 1 }),
  "SharedArrayBuffer 1": () => shared(1),
  "SharedArrayBuffer 2": () => shared(2),
  "DataView 1,2": () => new DataView(bytes(1, 2).buffer),
  "DataView 1,3": () => new DataView(bytes(1, 3).buffer),
  "DataView 2 of 1,2": () => new DataView(bytes(1, 2).buffer, 1),

  "Number 1": () => Object(1),
  "Number 2": () => Object(2),
  "String a": () => Object("a"),
  "String b": () => Object("b"),
  "Boolean true": () => Object(true),
  "Boolean false": () => Object(false),
  "BigInt 1": () => Object(1n),
  "BigInt 2": () => Object(2n),

  "Map": () => new Map(),
  "Map 1:2": () => new Map([[1, 2]]),
  "Map 1:3": () => new Map([[1, 3]]),
  "Map 2:2": () => new Map([[2, 2]]),
  "Map 1:undefined": () => new Map([[1, undefined]]),
  "Map 2:undefined": () => new Map([[2, undefined]]),
  "Map 0:{a:1}": () => new Map([[0, { a: 1 }]]),
  "Map -0:{a:1}": () => new Map([[-0, { a: 1 }]]),
  "Map 1:2,3:4": () => new Map([[1, 2], [3, 4]]),
  "Map 3:4,1:2": () => new Map([[3, 4], [1, 2]]),
  "Map {a:1}:1": () => new Map([[{ a: 1 }, 1]]),
  "Map {a:1}:2": () => new Map([[{ a: 1 }, 2]]),
  "Map {a:1}:1,{a:1}:2": () => new Map([[{ a: 1 }, 1], [{ a: 1 }, 2]]),
  "Map {a:1}:2,{a:1}:1": () => new Map([[{ a: 1 }, 2], [{ a: 1 }, 1]]),
  "Map 1:2 with a": () => Object.assign(new Map([[1, 2]]), { a: 1 }),
  "Map 1:2 with b": () => Object.assign(new Map([[1, 2]]), { b: 2 }),
  "Table 1:2": () => new Table([[1, 2]]),
  "Set 1,2": () => new Set([1, 2]),
  "Set 2,1": () => new Set([2, 1]),
  "Set 1,{a:1}": () => new Set([1, { a: 1 }]),
  "Set {a:1}": () => new Set([{ a: 1 }]),
  "Set {a:1},{a:1}": () => new Set([{ a: 1 }, { a: 1 }]),
  "Set {a:1},{a:2}": () => new Set([{ a: 1 }, { a: 2 }]),
  "Set {a:2},{a:1}": () => new Set([{ a: 2 }, { a: 1 }]),
  "Set of Set 1,2": () => new Set([new Set([1, 2])]),
  "Set of Set 2,1": () => new Set([new Set([2, 1])]),

  "URL a": () => new URL("file:///a"),
  "URL b": () => new URL("file:///b"),
  "URLSearchParams a": () => new URLSearchParams("a=1"),
  "URLSearchParams b": () => new URLSearchParams("b=1"),
  "Locale en": () => new Intl.Locale("en"),
  "Locale de": () => new Intl.Locale("de"),
  "WeakMap": () => new WeakMap(),
  "WeakSet": () => new WeakSet(),
  "WeakRef {a:1}": () => new WeakRef({ a: 1 }),
  "WeakRef {a:2}": () => new WeakRef({ a: 2 }),
  "[WeakMap]": () => [new WeakMap()],
  "[1,WeakMap]": () => [1, new WeakMap()],
  "[2,WeakMap]": () => [2, new WeakMap()],
  "Promise 1": () => Promise.resolve(1),
  "Promise 2": () => Promise.resolve(2),
};
