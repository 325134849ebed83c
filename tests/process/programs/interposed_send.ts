// A C library whose `send` fails, for a system without seccomp.

const SOURCE = `
#include <errno.h>
static int number;
void set_errno(int errno_) { number = errno_; }
long send(int fd, const void *buf, unsigned long len, int flags) {
  errno = number;
  return -1;
}
`;

/** Compiles the library, and returns its path. */
export async function compileLibrary(folder: string): Promise<string> {
  const source = `${folder}/send.c`;
  const library = `${folder}/send.so`;
  await Deno.writeTextFile(source, SOURCE);
  const args = ["-shared", "-fPIC", "-w", "-o", library, source];
  const { success, stderr } = await new Deno.Command("cc", { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return library;
}

/**
 * Makes this isolate open `library` instead of the C library. dlsym(3) looks up
 * what it does not export itself in the C library, to which it is linked.
 */
export function interpose(library: string): void {
  const { dlopen } = Deno;
  Object.assign(Deno, {
    dlopen: (_: string, symbols: Deno.ForeignLibraryInterface) =>
      dlopen(library, symbols),
  });
}

/** Makes every send by the library fail with `errno` from now on. */
export function failSends(library: string, errno: number): void {
  const { symbols } = Deno.dlopen(
    library,
    { set_errno: { parameters: ["i32"], result: "void" } } as const,
  );
  symbols.set_errno(errno);
}
