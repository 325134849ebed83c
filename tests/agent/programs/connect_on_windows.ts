// Prints the class of the error of Varta.connect() on a system without sockets,
// and a payload that was encoded and decoded there.

Object.defineProperty(Deno, "build", {
  value: { ...Deno.build, os: "windows" },
});
const { decodeFrame, encodeFrame, Varta } = await import("../../../mod.ts");
const fields = { pid: 2, timestamp: 0n, nonce: 1n, payload: 9n };
const bytes = new Uint8Array(32);
encodeFrame({ version: 1, status: 0, ...fields }, bytes);
let Class = "none";
try {
  Varta.connect("/nowhere");
} catch (error) {
  Class = (error as Error).constructor.name;
}
console.log(JSON.stringify([Class, String(decodeFrame(bytes).payload)]));
