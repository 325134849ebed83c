import { assertEquals } from "@std/assert";
import { parseIpAddress } from "../../ffi/socket_address.ts";
import { createRandom } from "../support/random.ts";

function groups(...values: number[]): number[] {
  return values.flatMap((group) => [group >> 8, group & 0xff]);
}

Deno.test("parseIpAddress() reads an IPv4 address", () => {
  const addresses: Record<string, number[]> = {
    "0.0.0.0": [0, 0, 0, 0],
    "127.0.0.1": [127, 0, 0, 1],
    "9.10.99.100": [9, 10, 99, 100],
    "199.200.249.250": [199, 200, 249, 250],
    "255.255.255.255": [255, 255, 255, 255],
  };
  for (const [text, bytes] of Object.entries(addresses)) {
    assertEquals(parseIpAddress(text), bytes, text);
  }
});

Deno.test("parseIpAddress() reads each byte of an IPv4 address", () => {
  for (let byte = 0; byte < 256; byte++) {
    for (let place = 0; place < 4; place++) {
      const bytes = [1, 2, 3, 4];
      bytes[place] = byte;
      assertEquals(parseIpAddress(bytes.join(".")), bytes);
    }
    assertEquals(parseIpAddress(`1.2.3.${byte + 256}`), undefined);
  }
});

Deno.test("parseIpAddress() reads an IPv6 address in each of its forms", () => {
  const addresses: Record<string, number[]> = {
    "::": groups(0, 0, 0, 0, 0, 0, 0, 0),
    "::1": groups(0, 0, 0, 0, 0, 0, 0, 1),
    "1::": groups(1, 0, 0, 0, 0, 0, 0, 0),
    "fe80::1": groups(0xfe80, 0, 0, 0, 0, 0, 0, 1),
    "1:2:3:4:5:6:7:8": groups(1, 2, 3, 4, 5, 6, 7, 8),
    "0:0:0:4:0:0:0:0": groups(0, 0, 0, 4, 0, 0, 0, 0),
    "1:0:3::": groups(1, 0, 3, 0, 0, 0, 0, 0),
    "1:2:3:4:5:6:7::": groups(1, 2, 3, 4, 5, 6, 7, 0),
    "::2:3:4:5:6:7:8": groups(0, 2, 3, 4, 5, 6, 7, 8),
    "2001:0DB8:00aA::FFFF": groups(0x2001, 0xdb8, 0xaa, 0, 0, 0, 0, 0xffff),
    "::ffff:127.0.0.1": groups(0, 0, 0, 0, 0, 0xffff, 0x7f00, 1),
    "64:ff9b::192.0.2.33": groups(0x64, 0xff9b, 0, 0, 0, 0, 0xc000, 0x221),
  };
  for (const [text, bytes] of Object.entries(addresses)) {
    assertEquals(parseIpAddress(text), bytes, text);
  }
});

Deno.test('parseIpAddress() reads every IPv6 address, in full or with "::"', () => {
  const random = createRandom(6);
  for (let i = 0; i < 1_000; i++) {
    const values = Array.from({ length: 8 }, () => random() & 0xffff);
    const begin = random() % 8;
    const end = begin + 1 + random() % (8 - begin);
    values.fill(0, begin, end);
    const hex = values.map((value) => value.toString(16));
    const short = `${hex.slice(0, begin).join(":")}::${
      hex.slice(end).join(":")
    }`;
    assertEquals(parseIpAddress(hex.join(":")), groups(...values));
    assertEquals(parseIpAddress(short), groups(...values), short);
  }
});

Deno.test("parseIpAddress() refuses names and all other notations", () => {
  const others = [
    ...["", " ", "localhost", "example.com", "a.b.c.d", "one", "::g"],
    ...["127.1", "127.0.1", "2130706433", "0x7f.0.0.1", "0x7f000001"],
    ...["0177.0.0.1", "127.0.0.01", "00.0.0.0", "1.2.3.256", "1.2.3.1000"],
    ...["1.2.3", "1.2.3.4.", ".1.2.3.4", "1.2.3.4.5", "1..2.3", "+1.2.3.4"],
    ...["-1.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4\n", "1,2,3,4", "1.2.3.٤"],
    ...["1e0.0.0.1", "1.2.3.4:9", "[1.2.3.4]", "1.2.3.4/8"],
    ...[":", ":::", "1:::2", "1::2::3", "1:2:3:4:5:6:7", ":1", "1:", "::1:"],
    ...["1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::", "::1 ", " ::1"],
    ...["::1\n", "::\t1", "[::1]", "::1]", "::1]/[", "::1]:9/[::", "::1/64"],
    ...["fe80::1%eth0", "fe80::1%1", "fe80::1%25eth0", "::1%", "::0x1", "::-1"],
    ...["::1.2.3", "::1.2.3.256", "::01.2.3.4", "1.2.3.4::", "::1.2.3.4:5"],
    ...["::1.2.3.4.5", "1:2:3:4:5:6:7:1.2.3.4", "::ffff:0x7f.0.0.1", "::127.1"],
  ];
  for (const text of others) {
    assertEquals(parseIpAddress(text), undefined, text);
  }
});
