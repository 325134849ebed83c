import { assertEquals, assertThrows } from "@std/assert";
import {
  familyOf,
  inetAddress,
  unixAddress,
} from "../../ffi/socket_address.ts";
import { darwin, freebsd, linux, netbsd, openbsd } from "../support/systems.ts";

const BSDS = [darwin, freebsd, netbsd, openbsd];
const IPV6 = "2001:db8:304:506:708:90a:b0c:d0e";

Deno.test("inetAddress() lays out struct sockaddr_in of Linux's <linux/in.h>", () => {
  assertEquals(
    [...inetAddress("192.0.2.1", 0x2328, linux)],
    [
      ...[2, 0], // sa_family_t sin_family, 16 bits
      ...[0x23, 0x28], // in_port_t sin_port, in network order
      ...[192, 0, 2, 1], // struct in_addr sin_addr
      ...[0, 0, 0, 0, 0, 0, 0, 0], // padding to sizeof(struct sockaddr)
    ],
  );
});

Deno.test("inetAddress() lays out struct sockaddr_in of the BSDs' <netinet/in.h>", () => {
  for (const system of BSDS) {
    assertEquals(
      [...inetAddress("192.0.2.1", 0x2328, system)],
      [
        ...[16, 2], // uint8_t sin_len; sa_family_t sin_family, 8 bits
        ...[0x23, 0x28], // in_port_t sin_port
        ...[192, 0, 2, 1], // struct in_addr sin_addr
        ...[0, 0, 0, 0, 0, 0, 0, 0], // char sin_zero[8]
      ],
    );
  }
});

Deno.test("inetAddress() lays out struct sockaddr_in6 of Linux's <linux/in6.h>", () => {
  assertEquals(
    [...inetAddress(IPV6, 0x2328, linux)],
    [
      ...[10, 0], // sa_family_t sin6_family, 16 bits
      ...[0x23, 0x28], // in_port_t sin6_port
      ...[0, 0, 0, 0], // uint32_t sin6_flowinfo
      ...[0x20, 1, 0xd, 0xb8, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
      ...[0, 0, 0, 0], // uint32_t sin6_scope_id
    ],
  );
});

Deno.test("inetAddress() lays out struct sockaddr_in6 of the BSDs' <netinet6/in6.h>", () => {
  for (const system of BSDS) {
    assertEquals(
      [...inetAddress(IPV6, 0x2328, system)],
      [
        ...[28, system.AF_INET6], // uint8_t sin6_len; sa_family_t, 8 bits
        ...[0x23, 0x28], // in_port_t sin6_port
        ...[0, 0, 0, 0], // uint32_t sin6_flowinfo
        ...[0x20, 1, 0xd, 0xb8, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
        ...[0, 0, 0, 0], // uint32_t sin6_scope_id
      ],
    );
  }
});

Deno.test("inetAddress() writes the least port and the greatest", () => {
  for (const hostname of ["127.0.0.1", "::1"]) {
    assertEquals([...inetAddress(hostname, 1, linux).slice(2, 4)], [0, 1]);
    assertEquals([...inetAddress(hostname, 65535).slice(2, 4)], [255, 255]);
  }
});

Deno.test("inetAddress() throws on what is not a numeric address, and says why", () => {
  for (const hostname of ["", "localhost", "127.1", "fe80::1%eth0"]) {
    assertThrows(
      () => inetAddress(hostname, 9000),
      TypeError,
      `Cannot use ${
        JSON.stringify(hostname)
      } as a socket address: it must be a numeric IPv4 or IPv6 address, without a zone; a name would have to be resolved, which blocks`,
    );
  }
});

Deno.test("familyOf() answers with the family of an address of each kind", () => {
  for (const system of [linux, ...BSDS]) {
    const { AF_UNIX, AF_INET, AF_INET6 } = system;
    assertEquals(
      [
        unixAddress("/a", system),
        inetAddress("127.0.0.1", 9, system),
        inetAddress("::1", 9, system),
      ].map((address) => familyOf(address, system)),
      [AF_UNIX, AF_INET, AF_INET6],
    );
  }
});
