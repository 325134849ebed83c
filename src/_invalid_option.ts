/**
 * Returns the error for an invalid option or argument. It never throws itself,
 * whatever the inspection of the value does.
 *
 * @param action What cannot be done, for example `start heartbeat`.
 * @param option The name of the option.
 * @param expected What it must be, for example `a function`.
 * @param received The value.
 * @param type The type of valid values, as `typeof` returns it. The error for a
 * value of this type is a `RangeError`, for any other value a `TypeError`.
 */
export function invalidOption(
  action: string,
  option: string,
  expected: string,
  received: unknown,
  type?: "number" | "bigint" | "string",
): TypeError | RangeError {
  const receivedType = typeof received;
  const Class = receivedType === type ? RangeError : TypeError;
  return new Class(
    `Cannot ${action}: ${option} must be ${expected}: received ${
      describe(received)
    }`,
  );
}

/** Throws unless a value is an object. */
export function checkObject(
  action: string,
  option: string,
  value: unknown,
): void {
  if (typeof value === "object" && value !== null) return;
  throw invalidOption(action, option, "an object", value);
}

/** Throws unless a value is an integer from `min` to `max`. */
export function checkInteger(
  action: string,
  option: string,
  value: unknown,
  min: number,
  max: number,
): void {
  const number = Number.isInteger(value) ? value as number : NaN;
  if (number >= min && number <= max) return;
  const expected = `an integer from ${min} to ${max}`;
  throw invalidOption(action, option, expected, value, "number");
}

/** Returns the type of a value, for messages that must not show the value. */
export function describeType(value: unknown): string {
  return value === null ? "null" : typeof value;
}

function describe(value: unknown): string {
  try {
    return Deno.inspect(value);
  } catch {
    return `a value of type ${typeof value}`;
  }
}
