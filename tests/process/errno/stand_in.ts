/** A C library whose `send` is this one, and all else the system's own. */
const SOURCE = `
#include <errno.h>
static int first;
void set_first(int fd) { first = fd; }
long send(int fd, const void *buf, unsigned long len, int flags) {
  errno = fd - first;
  return -1;
}
`;

/** Compiles the library; its descriptor `first` fails with errno 0, and so on. */
export async function compileStandIn(folder: string): Promise<string> {
  const source = `${folder}/send.c`;
  const library = `${folder}/send.so`;
  await Deno.writeTextFile(source, SOURCE);
  const args = ["-shared", "-fPIC", "-w", "-o", library, source];
  const { success, stderr } = await new Deno.Command("cc", { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return library;
}

/**
 * Puts the stand-in where this isolate opens the C library: what a handle does
 * not export itself is looked up in what it was linked to, dlsym(3).
 */
export function replaceLibrary(standIn: string): void {
  const { dlopen } = Deno;
  Object.assign(Deno, {
    dlopen: (_: string, symbols: Deno.ForeignLibraryInterface) =>
      dlopen(standIn, symbols),
  });
}

/** As `filterSends` of `seccomp.ts`, once the library is replaced. */
export function failSends(standIn: string, first: number): void {
  const { symbols } = Deno.dlopen(
    standIn,
    { set_first: { parameters: ["i32"], result: "void" } } as const,
  );
  symbols.set_first(first);
}
