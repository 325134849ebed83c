import { assertEquals } from "@std/assert";
import { Status, Varta } from "../../mod.ts";
import { TestFolder, TestObserver } from "../support/observer.ts";
import {
  canDropPrivileges,
  openDescriptors,
  resultOf,
} from "../support/process.ts";
import { notLinux, testUnless } from "../support/test_unless.ts";
import { until } from "../support/until.ts";

const RESTARTS = 2_000;
const KILLS = 10;
const BEATS = 5;
const ROUNDS = 50;

/** Asserts that of each 5 beats the observer received all but the first 2. */
function assertLosesTwo(nonces: number[], restarts: number): void {
  const expected = Array.from(
    { length: restarts },
    (_, i) => [3, 4, 5].map((beat) => i * BEATS + beat),
  );
  assertEquals(nonces, expected.flat());
}

Deno.test("Varta.beat() loses two beats at each of 2,000 restarts", () => {
  const before = openDescriptors();
  const nonces: number[] = [];
  {
    using observer = new TestObserver();
    using agent = Varta.connect(observer.path, { reconnectAfter: 3 });
    const descriptors = openDescriptors().length;
    for (let restart = 0; restart < RESTARTS; restart++) {
      observer.restart();
      for (let beat = 0; beat < BEATS; beat++) agent.beat(Status.Ok);
      nonces.push(...observer.receiveAll().map(({ nonce }) => Number(nonce)));
    }
    assertEquals(openDescriptors().length, descriptors);
  }
  assertEquals(openDescriptors(), before);
  assertLosesTwo(nonces, RESTARTS);
});

Deno.test("Varta.beat() loses two beats when the observer's process is killed", async () => {
  using folder = new TestFolder();
  const [path, log] = [folder.file("socket"), folder.file("log")];
  Deno.writeTextFileSync(log, "");
  const lines = () => Deno.readTextFileSync(log).trimEnd().split("\n");
  const program = import.meta.resolve("./programs/observer.ts");
  const args = ["run", "--allow-all", "--no-check", "--no-config"];

  let starts = 0;

  /** Starts an observer's process, and waits until it has bound the path. */
  async function start(): Promise<Deno.ChildProcess> {
    const child = new Deno.Command(Deno.execPath(), {
      args: [...args, program, path, log],
    }).spawn();
    starts++;
    await until(
      "the observer is bound",
      () => lines().filter((line) => line === "bound").length === starts,
    );
    return child;
  }

  let observer = await start();
  using agent = Varta.connect(path, { reconnectAfter: 3 });
  const descriptors = openDescriptors().length;
  for (let kill = 1; kill <= KILLS; kill++) {
    observer.kill("SIGKILL");
    await observer.status;
    observer = await start();
    for (let beat = 0; beat < BEATS; beat++) agent.beat(Status.Ok);
    await until(
      "the observer receives the last beat",
      () => lines().at(-1) === String(kill * BEATS),
    );
  }
  assertEquals(openDescriptors().length, descriptors);
  observer.kill("SIGKILL");
  await observer.status;
  const nonces = lines().filter((line) => line !== "bound").map(Number);
  assertLosesTwo(nonces, KILLS);
});

/** What replaces the socket of a stopped observer, and the errno of `connect`. */
const replacements = {
  "nothing": "ENOENT",
  "a plain file": "ECONNREFUSED",
  "a directory": "ECONNREFUSED",
  "a stream socket": "EPROTOTYPE",
  "a dangling link": "ENOENT",
  "a socket of mode 0": "EACCES",
};

for (const [replacement, code] of Object.entries(replacements)) {
  const unprivileged = code === "EACCES"; // root is refused nothing
  testUnless(
    unprivileged && !canDropPrivileges()
      ? "setpriv cannot drop the capabilities of root"
      : notLinux,
    `Varta.beat() reaches an observer after ${replacement} at its path`,
    async () => {
      const result = await resultOf(
        import.meta.resolve("./programs/replaced_socket.ts"),
        [replacement, String(ROUNDS)],
        ["--allow-all"],
        { unprivileged },
      );
      const sequence = [
        "dropped no-observer ECONNREFUSED",
        ...Array(5).fill("dropped peer-gone ENOTCONN"),
        code, // of reconnect()
        "sent",
        "received 1",
      ].join(", ");
      assertEquals(result, { sequences: { [sequence]: ROUNDS }, leaked: 0 });
    },
  );
}
