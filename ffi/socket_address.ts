import { type System, system as thisSystem } from "./system.ts";

/** A `struct sockaddr` of any family, in as many bytes as it takes. */
export type SocketAddress = ReturnType<TextEncoder["encode"]>;

/**
 * An address of `length` bytes, whose family alone is written: behind a byte
 * that holds the length on the BSDs, in 16 bits elsewhere.
 *
 * @see `struct sockaddr` of `<sys/socket.h>`
 */
export function createAddress(
  family: number,
  length: number,
  system: System,
): SocketAddress {
  const address = new Uint8Array(length);
  if (system.hasSockaddrLength) address[0] = length; // sa_len
  address[familyIndex(system)] = family;
  return address;
}

/** The family of an address, an `AF_` constant of the system. */
export function familyOf(address: SocketAddress, system = thisSystem): number {
  return address[familyIndex(system)];
}

// sa_family has 8 bits behind a length, else 16, little-endian as every machine
// that Deno runs on; and no family here is above 255.
function familyIndex({ hasSockaddrLength }: System): number {
  return hasSockaddrLength ? 1 : 0;
}
