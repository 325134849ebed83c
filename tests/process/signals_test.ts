import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { type Round, weatherStorm } from "./storm.ts";

const BEATS = 50_000;
const RESTARTS = 2_000;
/** How many signals are seen at least. */
const STORM = 1_000;

// Windows has no such signals, and other systems other errors.
const notLinux = Deno.build.os !== "linux";

async function weather(name: string, atLeast: number, round: Round) {
  const tale = await weatherStorm(atLeast, STORM, round);
  assertGreaterOrEqual(tale.rounds, atLeast);
  assertGreaterOrEqual(tale.seen, STORM);
  console.log(
    `${name}: signals sent: ${tale.sent}, seen: ${tale.seen}, beats: ${tale.rounds}, outcomes: ${
      JSON.stringify(tale.outcomes)
    }, received: ${tale.received}`,
  );
  return tale;
}

Deno.test({
  name: "Varta.beat() loses no beat in a storm of signals",
  ignore: notLinux,
  async fn() {
    const { rounds, outcomes, received, last } = await weather("storm", BEATS, {
      reconnectAfter: 0,
      before: "",
      after: "receive();",
    });
    assertEquals(outcomes, { sent: rounds });
    assertEquals([received, last], [rounds, rounds]);
  },
});

Deno.test({
  name:
    "Varta.beat() is dropped by a full queue in a storm of signals as it is without, and never interrupted",
  ignore: notLinux,
  async fn() {
    const { rounds, outcomes } = await weather("storm, full queue", BEATS, {
      reconnectAfter: 0,
      before: 'while (agent.beat(Status.Ok).kind === "sent");',
      after: "",
    });
    assertEquals(outcomes, { EAGAIN: rounds });
  },
});

Deno.test({
  name:
    "Varta.beat() loses two beats at each of 2,000 restarts in a storm of signals",
  ignore: notLinux,
  async fn() {
    const { rounds, outcomes, received, last } = await weather(
      "storm, restarts",
      RESTARTS,
      {
        reconnectAfter: 3,
        before: `
          observer.restart();
          const lost = [agent.beat(Status.Ok), agent.beat(Status.Ok)];
          for (const { code } of lost) {
            tale.outcomes[code] = (tale.outcomes[code] ?? 0) + 1;
          }`,
        after: "receive();",
      },
    );
    assertEquals(outcomes, {
      ECONNREFUSED: rounds,
      ENOTCONN: rounds,
      sent: rounds,
    });
    assertEquals([received, last], [rounds, 3 * rounds]);
  },
});
