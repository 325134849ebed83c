// Sends two frames to the path in the first argument: one with the pid in the
// second argument, and one with the pid of this process, which it prints.

import { DatagramSocket } from "../../../ffi/datagram_socket.ts";
import { unixAddress } from "../../../ffi/socket_address.ts";
import { encodeFrame, Status } from "../../../mod.ts";

const [path, otherPid] = Deno.args;
const socket = new DatagramSocket(unixAddress(path));
for (const pid of [Number(otherPid), Deno.pid]) {
  const words = new Uint32Array(8);
  const frame = { pid, timestamp: 0n, nonce: 1n, payload: 0n } as const;
  const bytes = new Uint8Array(words.buffer);
  encodeFrame({ version: 2, status: Status.Ok, ...frame }, bytes);
  socket.send({ words, length: 32n });
}
console.log(Deno.pid);
