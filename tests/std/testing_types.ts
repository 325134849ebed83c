/**
 * Stands in for `@std/testing/types`, as far as the tests here use it. The npm
 * package that this descends from, `conditional-type-checks`, would not do:
 * its `IsExact` is content with two types that fit each other, such as those
 * which differ in `readonly`.
 *
 * @module
 */

/** An intersection of plain objects becomes the object that it amounts to. */
type Flat<T> = T extends Record<PropertyKey, unknown>
  ? { [K in keyof T]: Flat<T[K]> }
  : T;

type Fits<T, U> = [T, U] extends [U, T] ? true : false;

/**
 * Whether the types are one and the same. The compiler asks for identity, and
 * not for a fit, where it compares conditional types that stand as they are.
 */
export type IsExact<T, U> = Fits<
  <X>(_: Flat<T>) => X extends Flat<T> ? 1 : 2,
  <X>(_: Flat<U>) => X extends Flat<U> ? 1 : 2
>;

/** Does not check unless the value is what the type argument comes to. */
export function assertType<T extends boolean>(_expectTrue: T): void {}
