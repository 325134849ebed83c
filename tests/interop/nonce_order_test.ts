import { assertEquals } from "@std/assert";
import { NONCE_TERMINAL as T, Status, Varta } from "../../mod.ts";
import { NonceOrder } from "../../src/observer/_nonce_order.ts";
import { plain } from "../support/frames.ts";
import { startProgram } from "../support/process.ts";
import type { Release } from "./releases.ts";
import { Sender } from "./sender.ts";
import { testEachRelease } from "./test_each_release.ts";
import { VartaWatch } from "./varta_watch.ts";

const DISTANCE = 2n ** 20n;

/** The nonces of processes, each a process of its own. */
const SEQUENCES = [
  [1n, 2n, 3n],
  [0n, 1n, 1n, 0n, 7n, 6n, 8n],
  [T - 1n, T - 1n],
  [T - DISTANCE - 1n, 0n, 1n],
  [T - DISTANCE, 0n, 1n],
  [T - DISTANCE, DISTANCE - 1n],
  [T - DISTANCE, DISTANCE],
  [T - 1n, 0n],
  [T - 1n, 5n],
  [T - 1n, T, 0n],
  [5n, T, 6n],
  [5n, T, 1n, 2n],
  [T, 1n],
  [T, 2n ** 40n, T - 1n, 1n, 2n],
];

/** Starts a process that sends nonces; done when it has sent them. */
async function startSender(
  path: string,
  { version }: Release,
  nonces: readonly bigint[],
): Promise<Deno.ChildProcess> {
  const child = startProgram(
    import.meta.resolve("./programs/send_nonces.ts"),
    [path, `${version}`, ...nonces.map(String)],
    ["--allow-ffi"],
    { stdin: "piped" },
  );
  for await (const _ of child.stdout) break;
  return child;
}

testEachRelease(
  (observer) => `NonceOrder.accept() accepts what ${observer} counts`,
  async (release, folder) => {
    const { version } = release;
    await using observer = await VartaWatch.start(release, folder);
    const senders = await Promise.all(
      SEQUENCES.map((nonces) => startSender(observer.path, release, nonces)),
    );
    // The observer reads this beat after all others.
    using agent = Varta.connect(observer.path, { version });
    await new Sender(agent).send(Status.Ok);
    await observer.assertBeats(Deno.pid, 1);
    for (const sender of senders) {
      await sender.stdin.close();
      await sender.stderr.cancel();
      await sender.status;
    }

    const rows = await observer.exportedRows();
    const counted = senders.map((sender) =>
      rows.filter(({ kind, pid }) => kind === "beat" && pid === `${sender.pid}`)
        .map(({ nonce }) => BigInt(nonce))
    );
    const order = new NonceOrder();
    const accepted = senders.map(({ pid }, i) =>
      SEQUENCES[i].filter((nonce) =>
        order.accept({ ...plain, version, pid, nonce })
      )
    );
    assertEquals(accepted, counted);
  },
);
