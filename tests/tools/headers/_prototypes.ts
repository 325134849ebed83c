import { type FunctionName, symbols } from "../../../ffi/symbols.ts";
import type { System } from "../../../ffi/systems/types.ts";
import type { Value } from "./_values.ts";

/** A parameter or a result: its type for Deno, and its declaration in C. */
interface Declaration {
  readonly ffi: string;
  readonly c: string;
}

/** A function of `symbols.ts`, as its comments declare it. */
export interface Prototype {
  readonly key: FunctionName;
  /** Without the variadic ones, if {@linkcode Prototype.isVariadic}. */
  readonly parameters: readonly Declaration[];
  readonly isVariadic: boolean;
  readonly result: Declaration;
}

const source = await Deno.readTextFile(
  new URL("../../../ffi/symbols.ts", import.meta.url),
);

/** Reads the C declarations from the comments of `symbols.ts`. */
export function readPrototypes(absent: readonly FunctionName[]): Prototype[] {
  return (Object.keys(symbols) as FunctionName[])
    .filter((key) => "parameters" in symbols[key] && !absent.includes(key))
    .map(readPrototype);
}

function readPrototype(key: FunctionName): Prototype {
  const begin = source.indexOf(`\n  ${key}: {\n`);
  const text = source.slice(begin, source.indexOf("\n  },\n", begin));
  const parameters = [...text.matchAll(/^ {6}"(\w+)", \/\/ (.+)$/gm)]
    .map(([_, ffi, c]) => ({ ffi, c }));
  const [, ffi, c] = /^ {4}result: "(\w+)", \/\/ ([^:\n]+)/m.exec(text) ?? [];
  const definition = symbols[key];
  if (
    !("parameters" in definition) ||
    parameters.map(({ ffi }) => ffi).join() !== definition.parameters.join() ||
    ffi !== definition.result
  ) {
    throw new Error(`Cannot read the C declarations of ${key} in symbols.ts`);
  }
  const last = parameters.findIndex(({ c }) => c.endsWith(", ..."));
  return {
    key,
    parameters: last === -1
      ? parameters
      : parameters.slice(0, last + 1).map(({ ffi, c }) => ({
        ffi,
        c: c.replace(/, \.\.\.$/, ""),
      })),
    isVariadic: last !== -1,
    result: { ffi, c },
  };
}

/** Returns the name of a function in C. */
export function cName(key: FunctionName, { symbolNames }: System): string {
  if (key === "errnoLocation") return symbolNames.errnoLocation!;
  return { name: key, ...symbols[key] }.name;
}

/** Returns the name of a function in the C library. */
export function symbolName(key: FunctionName, system: System): string {
  return system.symbolNames[key] ?? cName(key, system);
}

/** Splits the declaration of a parameter at its name. */
function splitAtName(c: string): [before: string, name: string, after: string] {
  const match = /^(.*[\s*])(\w+)(\[\d*\]|\)\(.*\))?$/.exec(c);
  if (match === null) throw new Error(`Cannot read the C parameter "${c}"`);
  return [match[1], match[2], match[3] ?? ""];
}

/** Returns a C declaration that compiles only if a prototype is that of the headers. */
export function declare(prototype: Prototype, system: System): string {
  const { key, parameters, isVariadic, result } = prototype;
  const list = parameters.map(({ c }) => c);
  if (isVariadic) list.push("...");
  return `static __typeof__(${result.c}) (*prototype_${key})(${
    list.join(", ") || "void"
  }) = ${cName(key, system)};`;
}

/** Returns all prototypes that differ from one in a single type. */
export function changePrototype(prototype: Prototype): Prototype[] {
  const { parameters, result } = prototype;
  return [
    { ...prototype, result: { ...result, c: `__typeof__(${result.c}) *` } },
    ...parameters.map(({ ffi, c }, index) => {
      const [before, name, after] = splitAtName(c);
      const changed = { ffi, c: `${before}*${name}${after}` };
      return { ...prototype, parameters: parameters.with(index, changed) };
    }),
  ];
}

/** Returns the kinds and the sizes that the types for Deno stand for. */
export function typeValues({ key, parameters, result }: Prototype): Value[] {
  return [
    ...parameters.flatMap(({ ffi, c }) => {
      const [before, name, after] = splitAtName(c);
      // C passes an array as a pointer.
      const type = before + (after.startsWith("[") ? "*" : after);
      return valuesOfType(`${key}(${name})`, ffi, type);
    }),
    ...valuesOfType(`${key}()`, result.ffi, result.c),
  ];
}

function valuesOfType(name: string, ffi: string, type: string): Value[] {
  if (ffi === "void") return [];
  const isPointer = ffi === "pointer" || ffi === "buffer" ||
    ffi === "usize" && type.includes("*");
  const kind = {
    name: `whether ${name} is a pointer`,
    expression: `IS_POINTER(${type})`,
    number: Number(isPointer),
  };
  // 8 bytes can pass 4, and symbols.ts says why 4 bytes can be a ssize_t.
  if (!/^[iu]32$/.test(ffi) || type === "ssize_t") return [kind];
  const isLong = {
    name: `whether ${name} has more than 4 bytes`,
    expression: `sizeof(${type}) > 4`,
    number: 0,
  };
  return [kind, isLong];
}
