// Imports libc.ts on another operating system and processor, which the arguments
// name, and prints the error of the first call.

const [os, arch] = Deno.args;
Object.defineProperty(Deno, "build", {
  value: { ...Deno.build, os, ...arch ? { arch } : {} },
});
const { libc } = await import("../../../ffi/libc.ts");
console.log("imported");
try {
  libc();
} catch (error) {
  const { name, message } = error as Error;
  console.log(`${name}: ${message}`);
}
