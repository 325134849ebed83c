// Prints the names of the C functions that are opened by the module of an agent,
// and then those by the module of an observer.

const { dlopen } = Deno;
let names: string[] = [];
Object.assign(Deno, {
  dlopen(path: string, symbols: Deno.ForeignLibraryInterface) {
    names.push(...Object.keys(symbols));
    return dlopen(path, symbols);
  },
});
await import("../../../mod.ts");
const ofAgent = names;
names = [];
await import("../../../src/observer/mod.ts");
console.log(JSON.stringify({ ofAgent, ofObserver: names }));
