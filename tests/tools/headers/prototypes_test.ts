import { assertEquals } from "@std/assert";
import { linux } from "../../../ffi/systems/linux.ts";
import { changePrototype, declare, readPrototypes } from "./_prototypes.ts";

const system = linux("x86_64");
const prototypes = new Map(
  readPrototypes([]).map((prototype) => [prototype.key, prototype]),
);

Deno.test("declare() reads the C declaration from the comments of symbols.ts", () => {
  const declarations = {
    errnoLocation:
      "static __typeof__(int *) (*prototype_errnoLocation)(void) = __errno_location;",
    fcntlOnStack:
      "static __typeof__(int) (*prototype_fcntlOnStack)(int fd, int op, ...) = fcntl;",
    signal:
      "static __typeof__(void (*)(int)) (*prototype_signal)(int signum, void (*handler)(int)) = signal;",
    socketpair:
      "static __typeof__(int) (*prototype_socketpair)(int domain, int type, int protocol, int sv[2]) = socketpair;",
  } as const;
  for (const [key, declaration] of Object.entries(declarations)) {
    const prototype = prototypes.get(key as keyof typeof declarations)!;
    assertEquals(declare(prototype, system), declaration);
  }
});

Deno.test("changePrototype() changes the result and each parameter", () => {
  const changed = changePrototype(prototypes.get("signal")!);
  assertEquals(
    changed.map(({ parameters, result }) => [
      result.c,
      ...parameters.map(({ c }) => c),
    ]),
    [
      ["__typeof__(void (*)(int)) *", "int signum", "void (*handler)(int)"],
      ["void (*)(int)", "int *signum", "void (*handler)(int)"],
      ["void (*)(int)", "int signum", "void (**handler)(int)"],
    ],
  );
});
