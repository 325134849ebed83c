import { quote } from "./quote.ts";
import { UsageError } from "./usage_error.ts";

/** The longest that a timer waits, in ms. */
export const MAX_DELAY = 2 ** 31 - 1;

/**
 * The integer that an option's value says, in decimal digits.
 *
 * @throws {UsageError} Where it says none, or one out of range.
 */
export function readBigint(
  option: string,
  value: string,
  min: bigint,
  max: bigint,
): bigint {
  const number = /^\d{1,20}$/.test(value) ? BigInt(value) : -1n;
  if (number < min || number > max) {
    throw new UsageError(
      `Cannot take --${option} ${
        quote(value)
      }: it must be an integer from ${min} to ${max}`,
    );
  }
  return number;
}

/** The same, where a number is wide enough. */
export function readNumber(
  option: string,
  value: string,
  min: number,
  max: number,
): number {
  return Number(readBigint(option, value, BigInt(min), BigInt(max)));
}
