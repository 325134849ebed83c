import { assertEquals, assertThrows } from "@std/assert";
import {
  abstractAddress,
  familyOf,
  inetAddress,
  unixAddress,
} from "../../ffi/socket_address.ts";
import { darwin, freebsd, linux, netbsd, openbsd } from "../support/systems.ts";

const BSDS = [darwin, freebsd, netbsd, openbsd];
const IPV6 = "2001:db8:304:506:708:90a:b0c:d0e";
const IPV6_BYTES = [
  0x20,
  1,
  0xd,
  0xb8,
  3,
  4,
  5,
  6,
  7,
  8,
  9,
  10,
  11,
  12,
  13,
  14,
];

Deno.test("unixAddress() has the layout of Linux's <linux/un.h>", () => {
  assertEquals(
    [...unixAddress("/a/b", linux)],
    // sa_family_t sun_family, 16 bits; char sun_path[108]
    [1, 0, 0x2f, 0x61, 0x2f, 0x62, 0],
  );
});

Deno.test("unixAddress() has the layout of the BSDs' <sys/un.h>", () => {
  for (const system of BSDS) {
    assertEquals(
      [...unixAddress("/a/b", system)],
      // unsigned char sun_len; sa_family_t sun_family, 8 bits; char sun_path[104]
      [7, 1, 0x2f, 0x61, 0x2f, 0x62, 0],
    );
  }
});

Deno.test("unixAddress() writes the path in UTF-8", () => {
  assertEquals([...unixAddress("/ü", linux)], [1, 0, 0x2f, 0xc3, 0xbc, 0]);
});

Deno.test("unixAddress() takes the longest path with a terminator, in bytes", () => {
  for (const [system, length] of [[linux, 107], [darwin, 103]] as const) {
    const path = "/" + "x".repeat(length - 1);
    const address = unixAddress(path, system);
    assertEquals(address.length, 2 + system.SUN_PATH_LENGTH);
    assertEquals([...address.slice(-2)], ["x".charCodeAt(0), 0]);
    assertThrows(
      () => unixAddress(`${path}x`, system),
      RangeError,
      `it is ${length + 1} bytes long, and at most ${length} are possible`,
    );
  }
  assertThrows(() => unixAddress("/" + "ü".repeat(54), linux), RangeError);
});

Deno.test("abstractAddress() has a NUL before the name, and none after it", () => {
  assertEquals([...abstractAddress("ab", linux)], [1, 0, 0, 0x61, 0x62]);
});

Deno.test("abstractAddress() takes a name that fills sun_path", () => {
  const address = abstractAddress("x".repeat(107), linux);
  assertEquals(address.length, 2 + linux.SUN_PATH_LENGTH);
  assertThrows(() => abstractAddress("x".repeat(108), linux), RangeError);
});

Deno.test("unixAddress() and abstractAddress() throw for an impossible name", () => {
  for (const create of [unixAddress, abstractAddress]) {
    assertThrows(() => create(""), TypeError, "it is empty");
    for (const name of ["\0abstract", "/a\0b", "/a\0"]) {
      assertThrows(() => create(name), TypeError, "it contains a NUL");
    }
    assertThrows(() => create("/\ud800"), TypeError, "not well-formed Unicode");
  }
});

Deno.test("inetAddress() has the layout of Linux's <linux/in.h>", () => {
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

Deno.test("inetAddress() has the layout of the BSDs' <netinet/in.h>", () => {
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

Deno.test("inetAddress() has the layout of struct sockaddr_in6 on each system", () => {
  for (const system of [linux, ...BSDS]) {
    assertEquals(
      [...inetAddress(IPV6, 0x2328, system)],
      [
        // sa_family_t sin6_family of 16 bits, or of 8 bits after uint8_t sin6_len
        ...system === linux ? [10, 0] : [28, system.AF_INET6],
        ...[0x23, 0x28], // in_port_t sin6_port
        ...[0, 0, 0, 0], // uint32_t sin6_flowinfo
        ...IPV6_BYTES, // struct in6_addr sin6_addr
        ...[0, 0, 0, 0], // uint32_t sin6_scope_id
      ],
    );
  }
});

Deno.test("inetAddress() writes the lowest port and the highest", () => {
  for (const hostname of ["127.0.0.1", "::1"]) {
    assertEquals([...inetAddress(hostname, 1, linux).slice(2, 4)], [0, 1]);
    assertEquals([...inetAddress(hostname, 65535).slice(2, 4)], [255, 255]);
  }
});

Deno.test("inetAddress() throws unless the address is numeric, and says why", () => {
  for (const hostname of ["", "localhost", "127.1", "fe80::1%eth0"]) {
    assertThrows(
      () => inetAddress(hostname, 9000),
      TypeError,
      `Cannot use ${
        JSON.stringify(hostname)
      } as a socket address: it must be a numeric IPv4 or IPv6 address without a zone, because resolving a name would block`,
    );
  }
});

Deno.test("familyOf() returns the family of an address of each kind", () => {
  for (const system of [linux, ...BSDS]) {
    const addresses = [
      unixAddress("/a", system),
      inetAddress("127.0.0.1", 9, system),
      inetAddress("::1", 9, system),
    ];
    const { AF_UNIX, AF_INET, AF_INET6 } = system;
    assertEquals(
      addresses.map((address) => familyOf(address, system)),
      [AF_UNIX, AF_INET, AF_INET6],
    );
  }
});
