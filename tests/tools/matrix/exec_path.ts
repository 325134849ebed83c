/**
 * Loaded before the tests that an emulator runs: a Deno that they start is run
 * by it too, since the kernel cannot run the program that they would name.
 *
 * @module
 */

const launcher = `${import.meta.dirname}/deno_arm64`;

Object.defineProperty(Deno, "execPath", { value: () => launcher });
