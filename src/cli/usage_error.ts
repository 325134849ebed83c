/** A command line that says what cannot be; its message is for who wrote it. */
export class UsageError extends Error {}

/**
 * What an action answers, where the argument that it takes from the command line
 * is one that the module takes.
 *
 * @throws {UsageError} Where it throws a `TypeError` or `RangeError`.
 */
export function withArgument<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) {
      throw new UsageError(error.message);
    }
    throw error;
  }
}
