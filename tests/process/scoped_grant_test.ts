import { assertEquals } from "@std/assert";
import { system } from "../../ffi/system.ts";
import { libraryPath } from "../support/library_path.ts";
import { TestFolder } from "../support/observer.ts";
import { FFI } from "../support/process.ts";
import { IMPORT_AND_COUNT, linesOf, MAY_COUNT } from "./permission_children.ts";

const COLLECTED = 300;

Deno.test({
  name: "Varta does all that it does under a grant for the library's path",
  // The reasons here are those of Linux, and so is where descriptors are told.
  ignore: Deno.build.os !== "linux" || libraryPath === undefined,
  async fn() {
    using folder = new TestFolder();
    const lines = await linesOf(
      `${IMPORT_AND_COUNT}
       import { createDatagramBuffer } from "${FFI}datagram_buffer.ts";
       import { ReceivingSocket } from "${FFI}receiving_socket.ts";
       import { unixAddress } from "${FFI}socket_address.ts";
       import { unlink } from "${FFI}unlink.ts";
       const path = "${folder.file("socket")}";
       const bind = () => ReceivingSocket.bind(unixAddress(path));
       const buffer = createDatagramBuffer(32);
       const { bytes } = buffer;
       const pid = new DataView(bytes.buffer, bytes.byteOffset + 4, 4);
       const say = ({ kind, code = "", reason = "" }) => console.log(kind, reason, code);

       console.log(attempt(path));
       let observer = bind();
       const agent = Varta.connect(path, { version: 2, reconnectAfter: 3 });
       say(agent.beat(Status.Ok, 7n));
       console.log(observer.receive(buffer), bytes[2], bytes[24]);
       console.log(pid.getUint32(0, true) === Deno.pid);
       agent.setReconnectAfter(0);
       while (agent.beat(Status.Ok).kind === "sent");
       say(agent.beat(Status.Ok));
       agent.setReconnectAfter(5);
       while (observer.receive(buffer) === 32);
       say(agent.beat(Status.Degraded));
       observer.close();
       say(agent.beat(Status.Ok));
       say(agent.beat(Status.Ok));
       unlink(path);
       try { agent.reconnect(); } catch ({ name, errno }) { console.log(name, errno); }
       observer = bind();
       agent.reconnect();
       say(agent.beat(Status.Critical));
       observer.close();
       unlink(path);
       observer = bind();
       for (let i = 0; i < 5; i++) say(agent.beat(Status.Ok));
       agent.close();

       const before = countDatagramSockets();
       (() => { for (let i = 0; i < ${COLLECTED}; i++) Varta.connect(path); })();
       console.log(countDatagramSockets() - before);
       for (let i = 0; i < 1_000 && countDatagramSockets() > before; i++) {
         gc();
         await new Promise((resolve) => setTimeout(resolve, 1));
       }
       console.log(countDatagramSockets() - before);`,
      `--allow-ffi=${libraryPath}`,
      MAY_COUNT,
      "--v8-flags=--expose-gc",
    );
    assertEquals(lines.map((line) => line.trim()), [
      `NotFound: Cannot connect to "${
        folder.file("socket")
      }": there is no such file: start the observer, or correct the path (ENOENT from connect)`,
      "sent",
      "32 2 7",
      "true",
      "dropped kernel-queue-full EAGAIN",
      "sent",
      "dropped no-observer ECONNREFUSED",
      "dropped peer-gone ENOTCONN",
      `NotFound ${system.errno.ENOENT}`,
      "sent",
      "dropped no-observer ECONNREFUSED",
      ...Array(3).fill("dropped peer-gone ENOTCONN"),
      "sent",
      String(COLLECTED),
      "0",
    ]);
    console.log(`grant for a path: collected: ${COLLECTED} of ${COLLECTED}`);
  },
});
