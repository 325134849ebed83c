/**
 * Stands in for `@std/testing/types`, as far as the tests here use it. The npm
 * package that this descends from, `conditional-type-checks`, would not do:
 * its `IsExact` is content with two types that fit each other, such as those
 * which differ in `readonly`.
 *
 * @module
 */

type IsAny<T> = 0 extends 1 & T ? true : false;

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

/** Whether the union contains the type. */
export type Has<T, U> = IsAny<T> extends true ? true
  : IsAny<U> extends true ? false
  : [Extract<T, U>] extends [never] ? false
  : true;

/** Does not check unless the type is `true`. */
export type AssertTrue<_T extends true> = never;

/** Does not check unless the type is `false`. */
export type AssertFalse<_T extends false> = never;

/** Does not check unless the value is what the type argument comes to. */
export function assertType<T extends boolean>(_expectTrue: T): void {}
