// Beats once over UDP, and prints the kind of the outcome. Arguments: the address,
// and a key of 64 hexadecimal digits to seal the beat.

import { Status, Varta } from "../../../mod.ts";

const [address, hex] = Deno.args;
const key = hex &&
  Uint8Array.from(hex.match(/../g)!, (byte) => parseInt(byte, 16));
const agent = key
  ? Varta.connectSecureUdp(address, { key })
  : Varta.connectUdp(address);
console.log(JSON.stringify(agent.beat(Status.Ok).kind));
