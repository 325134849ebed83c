/** What a failed assertion throws. */
export class AssertionError extends Error {
  /** Makes the error of that message. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}
