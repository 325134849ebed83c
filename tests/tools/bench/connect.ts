/**
 * Imports a module and connects twice. Its arguments are the URL of the module and
 * the path of the observer. Prints how many microseconds the second connect took.
 *
 * @module
 */

const [module, path] = Deno.args;
const { Varta } = await import(module);
const first = Varta.connect(path);
const start = performance.now();
const second = Varta.connect(path);
console.log((performance.now() - start) * 1e3);
first.close();
second.close();
