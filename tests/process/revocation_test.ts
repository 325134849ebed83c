import { assertEquals, assertMatch } from "@std/assert";
import { libraryPath } from "../support/library_path.ts";
import { TestObserver } from "../support/observer.ts";
import { MODULE } from "../support/process.ts";
import {
  IMPORT_AND_COUNT,
  linesOf,
  MAY_COUNT,
  NO_PERMISSION,
  PRELUDE,
} from "./permission_children.ts";

const REVOKE = 'Deno.permissions.revokeSync({ name: "ffi" });';

const grants = ["--allow-ffi"];
if (libraryPath) grants.push(`--allow-ffi=${libraryPath}`);

// Deno asks for the permission to open a library, and not for each call.
Deno.test({
  name:
    "Varta goes on by the library that it has open, and leaks nothing, where the permission is revoked behind the import",
  // /proc tells the sockets.
  ignore: Deno.build.os !== "linux",
  async fn() {
    using observer = new TestObserver();
    for (const grant of grants) {
      const lines = await linesOf(
        `${IMPORT_AND_COUNT}
         const before = countDatagramSockets();
         ${REVOKE}
         const agent = Varta.connect("${observer.path}");
         console.log(agent.beat(Status.Ok).kind);
         agent.reconnect();
         console.log(agent.beat(Status.Ok).kind);
         agent.close();
         console.log(attempt("${observer.path}.none"));
         console.log(countDatagramSockets() - before);`,
        grant,
        MAY_COUNT,
      );
      assertEquals(lines, [
        "sent",
        "sent",
        `NotFound: Cannot connect to "${observer.path}.none": there is no such file: start the observer, or correct the path (ENOENT from connect)`,
        "0",
      ]);
      const nonces = observer.receiveAll().map(({ nonce }) => nonce);
      assertEquals(nonces, [1n, 2n]);
    }
    console.log(
      `permission revoked behind the import: grants: ${grants.length}, beats sent: ${
        2 * grants.length
      } of ${2 * grants.length}`,
    );
  },
});

Deno.test({
  name:
    "Varta goes on, and leaks nothing, where the permission is revoked behind connect()",
  ignore: Deno.build.os !== "linux",
  async fn() {
    using observer = new TestObserver();
    for (const grant of grants) {
      const lines = await linesOf(
        `${IMPORT_AND_COUNT}
         const before = countDatagramSockets();
         const agent = Varta.connect("${observer.path}", { reconnectAfter: 1 });
         ${REVOKE}
         let sent = 0;
         while (agent.beat(Status.Ok).kind === "sent") sent++;
         const { reason, code } = agent.beat(Status.Ok);
         console.log(sent > 0, reason, code);
         agent.reconnect();
         agent.close();
         console.log(agent.beat(Status.Ok).error.code);
         console.log(countDatagramSockets() - before);`,
        grant,
        MAY_COUNT,
      );
      assertEquals(lines, ["true kernel-queue-full EAGAIN", "EBADF", "0"]);
      observer.receiveAll();
    }
    console.log(
      `permission revoked behind connect(): grants: ${grants.length}, beats, drops and reconnects as before`,
    );
  },
});

Deno.test("Varta.connect() throws NotCapable where the permission is revoked before the import", async () => {
  using observer = new TestObserver();
  for (const grant of grants) {
    const [said] = await linesOf(
      `${REVOKE}
       ${PRELUDE}
       const { Status, Varta } = await import("${MODULE}");
       console.log(attempt("${observer.path}"));`,
      grant,
    );
    assertMatch(said, NO_PERMISSION);
  }
  console.log(
    `permission revoked before the import: grants: ${grants.length}, NotCapable: ${grants.length}`,
  );
});
