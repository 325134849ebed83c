/** What a value is, without what it holds: for what must not be shown. */
export function describeType(value: unknown): string {
  return value === null ? "null" : typeof value;
}
