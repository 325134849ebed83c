/**
 * Preloaded by the emulated tests, so that they run Deno itself emulated too: the
 * kernel cannot run the program that `Deno.execPath()` names.
 *
 * @module
 */

const launcher = `${import.meta.dirname}/deno_arm64`;

Object.defineProperty(Deno, "execPath", { value: () => launcher });
