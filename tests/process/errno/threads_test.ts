import { assertEquals } from "@std/assert";
import { beatInTurn, situations, type Tally } from "./beaters.ts";
import type { Task } from "./thread.ts";

const BEATS = 200_000;

/** The next message of a Worker, or its error. */
function answerOf<T>(worker: Worker): Promise<T> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = reject;
  });
}

function add(tallies: Tally[]): Tally {
  const sum: Tally = { outcomes: {}, collections: 0 };
  for (const { outcomes, collections } of tallies) {
    for (const [pair, count] of Object.entries(outcomes)) {
      sum.outcomes[pair] = (sum.outcomes[pair] ?? 0) + count;
    }
    sum.collections += collections;
  }
  return sum;
}

Deno.test({
  name:
    "Varta.beat() never answers with the errno of another thread, nor with another agent's",
  // Elsewhere the same situations have other numbers.
  ignore: Deno.build.os !== "linux",
  async fn() {
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const workers: Worker[] = [];
    for (const situation of Object.keys(situations)) {
      const url = new URL("./thread.ts", import.meta.url);
      const worker = new Worker(url, { type: "module" });
      workers.push(worker);
      const task: Task = { situation, beats: BEATS, flag };
      worker.postMessage(task);
      await answerOf(worker); // one by one: they look for free descriptors
    }
    const beaters = Object.values(situations).map((begin) => begin());

    const answers = workers.map((worker) => answerOf<Tally>(worker));
    Atomics.store(flag, 0, 1);
    Atomics.notify(flag, 0);
    const own = beatInTurn(beaters, BEATS);
    const tallies = [own, ...await Promise.all(answers)];
    for (const worker of workers) worker.terminate();
    for (const beater of beaters) beater[Symbol.dispose]();

    const { outcomes, collections } = add(tallies);
    const share = BEATS + BEATS / beaters.length;
    const refused = outcomes["ECONNREFUSED for ECONNREFUSED"];
    assertEquals(outcomes, {
      "EAGAIN for EAGAIN": share,
      "ECONNREFUSED for ECONNREFUSED": Math.ceil(BEATS / 1_000) +
        Math.ceil(BEATS / beaters.length / 1_000),
      "ENOTCONN for ENOTCONN": share - refused,
      "ENOTSOCK for ENOTSOCK": share,
      "sent for sent": share,
    });
    console.log(
      `${tallies.length} threads, ${
        tallies.length * BEATS
      } beats, ${collections} collections: ${JSON.stringify(outcomes)}`,
    );
  },
});
