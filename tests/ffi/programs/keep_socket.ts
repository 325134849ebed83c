// Sends a datagram to the path in the argument, and keeps the socket open.

import { DatagramSocket } from "../../../ffi/datagram_socket.ts";
import { unixAddress } from "../../../ffi/socket_address.ts";

const socket = new DatagramSocket(unixAddress(Deno.args[0]));
socket.send({ words: new Uint32Array(1), length: 4n });
(globalThis as { kept?: unknown }).kept = socket;
