import { assertEquals, assertThrows } from "@std/assert";
import { darwin, freebsd, linux, netbsd, openbsd } from "../support/systems.ts";
import { unixAddress } from "../../ffi/socket_address.ts";

Deno.test("unixAddress() lays out struct sockaddr_un of Linux's <linux/un.h>", () => {
  assertEquals(
    [...unixAddress("/a/b", linux)],
    // sa_family_t sun_family, 16 bits; char sun_path[108]
    [1, 0, 0x2f, 0x61, 0x2f, 0x62, 0],
  );
});

Deno.test("unixAddress() lays out struct sockaddr_un of the BSDs' <sys/un.h>", () => {
  for (const system of [darwin, freebsd, netbsd, openbsd]) {
    assertEquals(
      [...unixAddress("/a/b", system)],
      // unsigned char sun_len; sa_family_t sun_family, 8 bits; char sun_path[104]
      [7, 1, 0x2f, 0x61, 0x2f, 0x62, 0],
    );
  }
});

Deno.test("unixAddress() writes the path in UTF-8", () => {
  assertEquals(
    [...unixAddress("/ü", linux)],
    [1, 0, 0x2f, 0xc3, 0xbc, 0],
  );
});

Deno.test("unixAddress() fills sun_path to its last byte but the terminator", () => {
  for (const [system, length] of [[linux, 107], [darwin, 103]] as const) {
    const address = unixAddress("/" + "x".repeat(length - 1), system);
    assertEquals(address.length, 2 + system.SUN_PATH_LENGTH);
    assertEquals(address.at(-2), "x".charCodeAt(0));
    assertEquals(address.at(-1), 0);
  }
});

Deno.test("unixAddress() throws where the path is one byte too long", () => {
  for (const [system, length] of [[linux, 108], [darwin, 104]] as const) {
    assertThrows(
      () => unixAddress("/" + "x".repeat(length - 1), system),
      RangeError,
      `it is ${length} bytes long, and sun_path holds ${length - 1}`,
    );
  }
});

Deno.test("unixAddress() counts bytes, not characters", () => {
  assertThrows(() => unixAddress("/" + "ü".repeat(54), linux), RangeError);
});

Deno.test("unixAddress() throws on an empty path", () => {
  assertThrows(() => unixAddress(""), TypeError, "empty path");
});

Deno.test("unixAddress() throws on a NUL anywhere in the path", () => {
  for (const path of ["\0abstract", "/a\0b", "/a\0"]) {
    assertThrows(() => unixAddress(path), TypeError, "it holds a NUL");
  }
});

Deno.test("unixAddress() throws on a lone surrogate, which UTF-8 cannot say", () => {
  assertThrows(() => unixAddress("/\ud800"), TypeError, "well-formed");
});
