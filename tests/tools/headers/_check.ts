import type { Architecture, System } from "../../../ffi/systems/types.ts";
import type { Compiler } from "./_compiler.ts";
import {
  changePrototype,
  cName,
  declare,
  type Prototype,
  readPrototypes,
  symbolName,
  typeValues,
} from "./_prototypes.ts";
import type { Target } from "./_targets.ts";
import { type Value, valuesOf } from "./_values.ts";

/** The result for one system on one architecture. */
export interface Result {
  readonly checked: number;
  readonly mismatches: readonly string[];
  /** What did not fail although it was changed. */
  readonly undetected: readonly string[];
}

const INCLUDE = '#include "system.h"';

/**
 * Compares a table and `symbols.ts` with the headers of a system. Then changes each
 * value, to show that the comparison finds that.
 *
 * @param library The folder of the compiler's library.
 */
export async function check(
  compiler: Compiler,
  library: string,
  target: Target,
  arch: Architecture,
): Promise<Result> {
  const system = target.table(arch);
  const name = `${arch}-${target.suffix}`;
  const prototypes = readPrototypes(target.absent);
  const values = [
    ...valuesOf(system, target.clock),
    ...prototypes.flatMap(typeValues),
  ];
  const results: Result[] = [
    findStaleDeviations(values, target),
    await checkValues(compiler, name, system, applyDeviations(values, target)),
  ];
  const result = await checkPrototypes(compiler, name, system, prototypes);
  results.push(result);
  // There is no assembly if there are mismatches.
  if (result.mismatches.length === 0) {
    const { assembly } = result;
    const list = await readSymbolList(library, target);
    results.push(checkSymbols(assembly, list, system, prototypes));
  }
  return {
    checked: results.reduce((sum, { checked }) => sum + checked, 0),
    mismatches: results.flatMap(({ mismatches }) => mismatches),
    undetected: results.flatMap(({ undetected }) => undetected),
  };
}

/** Replaces the number of each deviation by that of the headers. */
function applyDeviations(
  values: readonly Value[],
  { deviations = {} }: Target,
): Value[] {
  return values.map((value) => ({
    ...value,
    number: deviations[value.name]?.header ?? value.number,
  }));
}

function findStaleDeviations(
  values: readonly Value[],
  { deviations = {} }: Target,
): Result {
  const mismatches = Object.entries(deviations)
    .filter(([name, { header }]) =>
      !values.some((value) => value.name === name && value.number !== header)
    )
    .map(([name]) => `${name} does not deviate from the headers`);
  return { checked: 0, mismatches, undetected: [] };
}

async function checkValues(
  compiler: Compiler,
  target: string,
  system: System,
  values: readonly Value[],
): Promise<Result> {
  // In a table, 0 stands for a name that the headers do not define.
  const absent = values.filter(({ name, number }) =>
    number === 0 && (name in system || name in system.errno)
  );
  const before = [
    "#define _GNU_SOURCE", // for struct ucred
    INCLUDE,
    ...absent.flatMap(({ name }) => [
      `#ifndef ${name}`,
      `#define ${name} 0`,
      "#endif",
    ]),
  ];
  const compile = (change: number) => {
    const lines = values.map(({ expression, number }) =>
      `_Static_assert((long long) (${expression}) == ${number + change}, "");`
    );
    return compiler.compile(target, before, lines);
  };
  const { errors } = await compile(0);
  const { errors: found } = await compile(1);
  return {
    checked: values.length,
    mismatches: values.flatMap(({ name, number }, index) =>
      errors.has(index) ? `${name} is ${number} here: ${errors.get(index)}` : []
    ),
    undetected: values.filter((_, index) => !found.has(index))
      .map(({ name }) => name),
  };
}

async function checkPrototypes(
  compiler: Compiler,
  target: string,
  system: System,
  prototypes: readonly Prototype[],
): Promise<Result & { readonly assembly: string }> {
  const references = prototypes.map(({ key }) =>
    `void *const reference_${key} = (void *) ${cName(key, system)};`
  );
  const compile = (list: readonly Prototype[]) => {
    const lines = list.map((prototype) => declare(prototype, system));
    // Without _GNU_SOURCE, which changes the prototypes of glibc.
    return compiler.compile(target, [INCLUDE], [...lines, ...references]);
  };
  const { errors, assembly } = await compile(prototypes);
  const changed = prototypes.flatMap(changePrototype);
  const { errors: found } = await compile(changed);
  return {
    checked: changed.length,
    mismatches: prototypes.flatMap(({ key }, index) =>
      errors.has(index) ? `${key}: ${errors.get(index)}` : []
    ),
    undetected: changed.filter((_, index) => !found.has(index))
      .map((prototype) => declare(prototype, system)),
    assembly,
  };
}

/** The name that the headers give each function in the C library. */
function referencesIn(assembly: string): Map<string, string> {
  const matches = assembly.matchAll(
    /^_?reference_(\w+):.*\n\s*\.x?(?:quad|word)\s+"?([^\s"]+)/gm,
  );
  return new Map(Array.from(matches, ([_, key, symbol]) => [key, symbol]));
}

/** Returns the list with a character for each byte: not all of it is text. */
async function readSymbolList(
  library: string,
  { symbolList }: Target,
): Promise<string | undefined> {
  if (symbolList === undefined) return undefined;
  const bytes = await Deno.readFile(`${library}/libc/${symbolList}`);
  return new TextDecoder("latin1").decode(bytes);
}

function checkSymbols(
  assembly: string,
  list: string | undefined,
  system: System,
  prototypes: readonly Prototype[],
): Result {
  const references = referencesIn(assembly);
  // What macOS puts before each name in C.
  const prefix = /^_reference_/m.test(assembly) ? "_" : "";
  const findMismatch = (key: string, symbol: string): string | undefined => {
    const reference = references.get(key);
    if (reference !== prefix + symbol) {
      return `${key} is opened as ${symbol}: the headers have ${reference}`;
    }
    if (list !== undefined && !isListed(prefix + symbol, list)) {
      return `${key} is opened as ${symbol}: the C library does not have it`;
    }
  };
  const names = prototypes.map(({ key }) =>
    [key, symbolName(key, system)] as const
  );
  return {
    checked: names.length,
    mismatches: names.map(([key, symbol]) => findMismatch(key, symbol))
      .filter((mismatch) => mismatch !== undefined),
    undetected: names
      .filter(([key, symbol]) => findMismatch(key, `${symbol}_`) === undefined)
      .map(([key]) => `the symbol of ${key}`),
  };
}

function isListed(symbol: string, list: string): boolean {
  const name = symbol.replaceAll("$", "\\$");
  return RegExp(`(?<![\\w$])${name}(?![\\w$])`).test(list);
}
