/**
 * Replaces `@std/testing/types` if JSR cannot be reached, as far as the tests
 * use it.
 *
 * @module
 */

/** Merges an intersection of plain objects into one object type. */
type Flat<T> = T extends Record<PropertyKey, unknown>
  ? { [K in keyof T]: Flat<T[K]> }
  : T;

type Fits<T, U> = [T, U] extends [U, T] ? true : false;

/**
 * Whether both types are identical. TypeScript compares by identity, `readonly`
 * included, only what stands in a deferred conditional type.
 */
export type IsExact<T, U> = Fits<
  <X>(_: Flat<T>) => X extends Flat<T> ? 1 : 2,
  <X>(_: Flat<U>) => X extends Flat<U> ? 1 : 2
>;

/** Does not type-check unless the type argument is the type of the value. */
export function assertType<T extends boolean>(_expectTrue: T): void {}
