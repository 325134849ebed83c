/**
 * What `@std/assert` calls equal. `node:assert` has no such comparison: it
 * tells 0 from -0, and looks neither at inherited getters nor at what an
 * object hides from enumeration.
 *
 * @module
 */

// deno-lint-ignore no-explicit-any
type Any = any;

/** Where every own and inherited property is compared, the walk ends here. */
const roots: unknown[] = [null, Object.prototype, Array.prototype];

const TypedArray = Object.getPrototypeOf(Uint8Array);

/** The classes whose instances are compared as the text that they turn into. */
const writtenOut = new Set<unknown>(
  [
    RegExp,
    URL,
    URLSearchParams,
    Intl.Locale,
    // Older Deno has no Temporal.
    ...[
      "Duration",
      "Instant",
      "PlainDate",
      "PlainDateTime",
      "PlainMonthDay",
      "PlainTime",
      "PlainYearMonth",
      "ZonedDateTime",
    ].flatMap((name) => (globalThis as Any).Temporal?.[name] ?? []),
  ].map((type) => type.prototype),
);

const same = (a: unknown, b: unknown) => a === b || Object.is(a, b);

const isObject = (value: unknown): boolean =>
  typeof value === "object" && value !== null;

const isPrimitive = (value: unknown) =>
  !isObject(value) && typeof value !== "function";

/** An object without a prototype is as good as a plain one. */
const kind = (value: Any) => Object.getPrototypeOf(value) ?? Object.prototype;

function isBuffer(value: unknown): value is ArrayBuffer {
  return value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;
}

function* visibleKeys(value: object) {
  for (const key of Reflect.ownKeys(value)) {
    if (Object.prototype.propertyIsEnumerable.call(value, key)) yield key;
  }
}

function* allKeys(value: object) {
  for (let at = value; !roots.includes(at); at = Object.getPrototypeOf(at)) {
    yield* Reflect.ownKeys(at);
  }
}

function sameElements(a: Any, b: Any) {
  return a.length === b.length &&
    Array.prototype.every.call(a, (element, i) => same(element, b[i]));
}

/** Remembers the pairs under comparison, so that a cycle comes to an end. */
class Comparison {
  readonly #seen = new Map<unknown, unknown>();

  equal(a: Any, b: Any): boolean {
    if (same(a, b)) return true;
    if (!isObject(a) || !isObject(b)) return false;
    if (a instanceof Date && b instanceof Date) {
      return same(a.getTime(), b.getTime());
    }
    if (kind(a) !== kind(b)) return false;
    if (a instanceof TypedArray) return sameElements(a, b);
    if (isBuffer(a)) return sameElements(new Uint8Array(a), new Uint8Array(b));
    if (a instanceof WeakMap || a instanceof WeakSet) {
      throw new TypeError(`The content of a ${a.constructor.name} is hidden`);
    }
    if (a instanceof WeakRef) return this.equal(a.deref(), b.deref());

    if (this.#seen.get(a) === b) return true;
    if (Object.keys(a).length !== Object.keys(b).length) return false;
    this.#seen.set(a, b);
    if (a instanceof Map || a instanceof Set) return this.#sameEntries(a, b);
    if (writtenOut.has(Object.getPrototypeOf(a))) return `${a}` === `${b}`;
    return this.#sameProperties(a, b);
  }

  #sameEntries(a: Any, b: Any): boolean {
    if (a.size !== b.size) return false;
    const value = (of: Any, key: unknown) => of instanceof Map && of.get(key);
    const keys = [...a.keys()];
    if (keys.every(isPrimitive)) {
      return keys.every((key) =>
        b.has(key) && this.equal(value(a, key), value(b, key))
      );
    }
    const others = [...b.keys()];
    return keys.map((key) =>
      others.some((other) =>
        this.equal(key, other) && this.equal(value(a, key), value(b, other))
      )
    ).every(Boolean);
  }

  #sameProperties(a: Any, b: Any): boolean {
    const keys = roots.includes(Object.getPrototypeOf(a))
      ? visibleKeys
      : allKeys;
    return [...new Set([...keys(a), ...keys(b)])].every((key) =>
      this.equal(a[key], b[key]) && key in a === key in b
    );
  }
}

/** Whether `@std/assert` takes the two for equal. */
export function equal(a: unknown, b: unknown): boolean {
  return new Comparison().equal(a, b);
}
