import { assertEquals } from "@std/assert";
import { DatagramSocket } from "../../ffi/datagram_socket.ts";
import { unixAddress } from "../../ffi/socket_address.ts";
import { encodeFrame, Status } from "../../mod.ts";
import { messageOf } from "../support/message.ts";
import { hasProgram } from "../support/process.ts";
import { TestFolder } from "../support/test_folder.ts";
import { testUnless } from "../support/test_unless.ts";

const UNSHARE = ["--pid", "--fork", "--mount-proc"];

testUnless(
  hasProgram("unshare", ...UNSHARE, "true")
    ? undefined
    : "unshare cannot create a pid namespace",
  "Observer rejects pid 0 from outside of its pid namespace",
  async () => {
    using folder = new TestFolder();
    const path = folder.file("observer.sock");
    const child = new Deno.Command("unshare", {
      args: [
        ...UNSHARE,
        ...[Deno.execPath(), "run", "--no-check", "--no-config", "--allow-ffi"],
        import.meta.resolve("./programs/print_first.ts"),
        path,
      ],
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const output = child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
    assertEquals((await output.read()).value, "bound\n");

    // The kernel tells that observer that this process has pid 0.
    const bytes = new Uint8Array(32);
    const fields = { pid: 0, timestamp: 0n, nonce: 1n, payload: 0n };
    encodeFrame({ version: 1, status: Status.Ok, ...fields }, bytes);
    const socket = new DatagramSocket(unixAddress(path));
    assertEquals(socket.send(messageOf(bytes)), undefined);
    socket.close();
    assertEquals((await output.read()).value, "rejected PidMismatch\n");
    await output.cancel();
    await child.status;
  },
);
