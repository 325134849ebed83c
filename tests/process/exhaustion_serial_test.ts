import { assertEquals } from "@std/assert";
import { Status, Varta } from "../../mod.ts";
import { TestObserver } from "../support/observer.ts";
import { resultOf } from "../support/process.ts";
import { notLinux, testUnless } from "../support/test_unless.ts";

const BEATS = 1_000;
const EAGAIN = "dropped kernel-queue-full EAGAIN";
const DELIVERED = ["sent", true];

/** Tests what the program `exhausted.ts` prints about a situation. */
function testExhausted(name: string, situation: string, result: unknown): void {
  testUnless(notLinux, name, async () => {
    const printed = await resultOf(
      import.meta.resolve("./programs/exhausted.ts"),
      [situation, String(BEATS)],
      ["--allow-all"],
    );
    assertEquals(printed, { result, leaked: 0 });
  });
}

testExhausted(
  "Varta.beat() uses the old socket if no descriptor is left to reconnect",
  "receiving",
  {
    results: { "EMFILE from socket": BEATS, sent: BEATS, reconnected: 1 },
    received: BEATS,
    next: DELIVERED,
  },
);

testExhausted(
  "Varta.beat() reaches a new observer as soon as a descriptor is free",
  "restarted",
  {
    outcomes: {
      "dropped no-observer ECONNREFUSED": 1,
      "dropped peer-gone ENOTCONN": BEATS - 1,
    },
    next: DELIVERED,
  },
);

testExhausted(
  "Varta.beat() needs no new descriptor once the queue has room",
  "full",
  {
    outcomes: { [EAGAIN]: BEATS },
    reconnect: "EMFILE from socket",
    isRead: true,
    next: DELIVERED,
    after: [{ [EAGAIN]: BEATS }, DELIVERED],
  },
);

testExhausted(
  "Varta.beat() leaves a full queue as soon as a descriptor is free",
  "replaced",
  { outcomes: { [EAGAIN]: BEATS }, next: DELIVERED },
);

Deno.test("Varta.beat() is dropped while the queue is full, and then sent", () => {
  for (const reconnectAfter of [0, 1, 3]) {
    using observer = new TestObserver();
    using agent = Varta.connect(observer.path, { reconnectAfter });
    let sent = 0;
    while (agent.beat(Status.Ok).kind === "sent") sent++;
    for (let beat = 0; beat < BEATS; beat++) {
      const outcome = agent.beat(Status.Ok);
      assertEquals(
        outcome.kind === "dropped" && outcome.reason,
        "kernel-queue-full",
      );
    }
    assertEquals(observer.receiveAll().length, sent);
    assertEquals(agent.beat(Status.Ok), { kind: "sent" });
    assertEquals(observer.receive()?.nonce, BigInt(sent + BEATS + 2));
  }
});
