import { assert, assertEquals } from "@std/assert";
import { failureOf, isFailure } from "../../../ffi/failure.ts";
import {
  descriptorStatus,
  fileStatus,
} from "../../../ffi/receiving/file_status.ts";
import { BoundSocket } from "../../../ffi/receiving/bound_socket.ts";
import { unixAddress } from "../../../ffi/socket_address.ts";
import { system } from "../../../ffi/system.ts";
import { TestFolder } from "../../support/test_folder.ts";

function statusOf(path: string) {
  const status = fileStatus(path);
  assert(!isFailure(status));
  return status;
}

Deno.test("fileStatus() returns the type, the mode and the identity", () => {
  using folder = new TestFolder();
  Deno.writeTextFileSync(folder.file("ü"), "", { mode: 0o640 });
  Deno.linkSync(folder.file("ü"), folder.file("hard link"));
  Deno.mkdirSync(folder.file("directory"));
  const types = { "ü": "file", "hard link": "file", directory: "directory" };
  for (const [name, expectedType] of Object.entries(types)) {
    const { type, permissions, identity } = statusOf(folder.file(name));
    const expected = Deno.lstatSync(folder.file(name));
    assertEquals(type, expectedType);
    assertEquals(permissions, expected.mode! & 0o777);
    assertEquals(identity, `${expected.dev}:${expected.ino}`);
  }
  assertEquals(
    statusOf(folder.file("hard link")).identity,
    statusOf(folder.file("ü")).identity,
  );
});

Deno.test("fileStatus() does not follow a symbolic link", () => {
  using folder = new TestFolder();
  Deno.symlinkSync(folder.file("none"), folder.file("link"));
  assertEquals(statusOf(folder.file("link")).type, "symbolic link");
});

Deno.test("descriptorStatus() returns the status of an open file", () => {
  using folder = new TestFolder();
  const socket = new BoundSocket(unixAddress(folder.file("socket")), 0o640);
  assertEquals(socket.bind(), undefined);
  const status = descriptorStatus(socket.fd);
  assert(!isFailure(status));
  assertEquals(status.type, "socket");
  socket.close();
  const failure = failureOf("fstat", system.errno.EBADF);
  assertEquals(descriptorStatus(-1), failure);
});

Deno.test("fileStatus() returns the failure", () => {
  using folder = new TestFolder();
  const failure = failureOf("lstat", system.errno.ENOENT);
  assertEquals(fileStatus(folder.file("none")), failure);
});
