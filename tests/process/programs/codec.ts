// Encodes and decodes a frame. Prints its nonce, and the state of each permission
// in the arguments.

import { decodeFrame, encodeFrame } from "../../../mod.ts";

const bytes = new Uint8Array(32);
const fields = { pid: 2, timestamp: 0n, nonce: 1n, payload: 0n };
encodeFrame({ version: 2, status: 0, ...fields }, bytes);
const states = Deno.args.map((name) =>
  Deno.permissions.querySync({ name } as Deno.PermissionDescriptor).state
);
console.log(JSON.stringify([Number(decodeFrame(bytes).nonce), ...states]));
