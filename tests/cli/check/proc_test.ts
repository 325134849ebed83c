import { assertEquals } from "@std/assert";
import {
  candidatesFor,
  findRelease,
  parseUnixSockets,
} from "../../../src/cli/check/_proc.ts";

const TABLE = `Num       RefCount Protocol Flags    Type St Inode Path
00000000c1b2c3d4: 00000002 00000000 00000000 0002 01 15022 /run/varta/varta.sock
00000000c1b2c3d5: 00000003 00000000 00000000 0001 03 15023
ffff8881c1b2c3d6: 00000002 00000000 00010000 0001 01    77 /run/stream.sock
0000000000000000: 00000002 00000000 00000000 0002 01 15030 /tmp/with space.sock
0000000000000000: 00000002 00000000 00000000 0002 01 15031 varta.sock
0000000000000000: 00000002 00000000 00000000 0002 01 15032 @abstract
0000000000000000: 00000002 00000000 00000000 0005 01 15033 /run/varta/varta.sock
0000000000000000: 00000002 00000000 00000000 0002 01 15034 /run/varta/varta.sock
`;

Deno.test("parseUnixSockets() returns the sockets that have a path", () => {
  assertEquals(
    parseUnixSockets(TABLE).map(({ isDatagram, inode, path }) => [
      ...[isDatagram, inode, path],
    ]),
    [
      [true, 15022, "/run/varta/varta.sock"],
      [false, 77, "/run/stream.sock"],
      [true, 15030, "/tmp/with space.sock"],
      [true, 15031, "varta.sock"],
      [true, 15032, "@abstract"],
      [false, 15033, "/run/varta/varta.sock"],
      [true, 15034, "/run/varta/varta.sock"],
    ],
  );
  assertEquals(parseUnixSockets(""), []);
});

Deno.test("candidatesFor() returns datagram sockets, the newest first", () => {
  const sockets = parseUnixSockets(TABLE);
  const inodes = (path: string) =>
    candidatesFor(path, sockets).map(({ inode }) => inode);
  assertEquals(inodes("/run/varta/varta.sock"), [15034, 15031, 15022]);
  assertEquals(inodes("/run/stream.sock"), []);
  assertEquals(inodes("/tmp/with space.sock"), [15030]);
  assertEquals(inodes("/abstract"), []);
});

Deno.test("findRelease() finds a version in a source path", () => {
  const program = (text: string) =>
    new TextEncoder().encode(`\0ELF${text}\xff`);
  assertEquals(
    findRelease(program("/registry/varta-watch-0.2.0/src/tracker.rs")),
    "0.2.0",
  );
  assertEquals(findRelease(program("varta-watch 0.2.0")), undefined);
  assertEquals(findRelease(new Uint8Array()), undefined);
});
