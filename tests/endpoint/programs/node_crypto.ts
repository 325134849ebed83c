// Prints which modules of Node are loaded after a plain beat over UDP, and after
// a sealed one.

interface Process {
  getBuiltinModule(name: string): unknown;
}

const { process } = globalThis as unknown as { process: Process };
const { getBuiltinModule } = process;
const loaded: string[] = [];
process.getBuiltinModule = (name) => {
  loaded.push(name);
  return getBuiltinModule(name);
};
const { Status, Varta } = await import("../../../mod.ts");
Varta.connectUdp("127.0.0.1:9").beat(Status.Ok);
const plain = [...loaded];
const key = new Uint8Array(32).fill(1);
Varta.connectSecureUdp("127.0.0.1:9", { key }).beat(Status.Ok);
console.log(JSON.stringify({ plain, sealed: loaded }));
