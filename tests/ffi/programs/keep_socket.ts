// Sends a datagram to the path in the argument, and keeps the socket open.

import { DatagramSocket } from "../../../ffi/datagram_socket.ts";
import { isFailure } from "../../../ffi/failure.ts";
import { unixAddress } from "../../../ffi/socket_address.ts";

const socket = DatagramSocket.connect(unixAddress(Deno.args[0]));
if (isFailure(socket)) throw new Error(`errno ${socket.errno}`);
socket.send({ words: new Uint32Array(1), length: 4n });
(globalThis as { kept?: unknown }).kept = socket;
