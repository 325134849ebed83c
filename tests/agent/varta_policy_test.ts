import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { system } from "../../ffi/system.ts";
import {
  type BeatOutcome,
  classifySendError,
  decodeFrame,
  NONCE_TERMINAL,
  Status,
} from "../../mod.ts";
import { isEmulated } from "../support/process.ts";
import { createRandom } from "../support/random.ts";
import { ScriptedEndpoint, stateOf } from "../support/scripted_endpoint.ts";

const { errno } = system;
const SEQUENCES = isEmulated ? 40 : 400; // 400 take an emulator minutes
const BEATS = 100;

const results = [
  0,
  ...["ENOBUFS", "EAGAIN", "ECONNREFUSED", "ENOENT", "ECONNRESET"],
  ...["ENOTCONN", "EPIPE", "ENOSPC", "ENOMEM"],
  ...["EACCES", "EPERM", "EMSGSIZE", "EINTR", "EDESTADDRREQ"],
].map((result) => typeof result === "number" ? result : errno[result]);

/** The four steps of the contract, over the script of the same results. */
class Model {
  nonce = 0n;
  drops = 0;
  socket = 1;

  constructor(readonly reconnectAfter: number, readonly version: number) {}

  beat(sends: number[], opens: number[]): BeatOutcome {
    const last = NONCE_TERMINAL - 1n;
    if (this.nonce < last) this.nonce++;
    else if (this.version === 2) this.nonce = 0n;
    const outcome = outcomeOf(sends.shift()!);
    if (outcome.kind !== "dropped") this.drops = 0;
    else if (++this.drops >= this.reconnectAfter && this.reconnectAfter > 0) {
      if (opens.shift() === 0) {
        this.drops = 0;
        this.socket++;
        return outcomeOf(sends.shift()!);
      }
    }
    return outcome;
  }
}

function outcomeOf(errno: number): BeatOutcome {
  return errno === 0 ? { kind: "sent" } : classifySendError(errno);
}

function runSequence(seed: number): void {
  const random = createRandom(seed);
  const pick = <T>(values: T[]): T => values[random() % values.length];
  const reconnectAfter = pick([0, 1, 2, 3, 7]);
  const version = pick([1, 2] as const);
  const nonce = pick([0n, 0xffff_fff0n, NONCE_TERMINAL - 50n]);
  const dropsMostly = pick([true, false]);

  const sends = Array.from(
    { length: 2 * BEATS },
    () => dropsMostly && random() % 4 > 0 ? errno.EAGAIN : pick(results),
  );
  const opens = Array.from(
    { length: BEATS },
    () => pick([0, errno.ECONNREFUSED, errno.EMFILE]),
  );
  const endpoint = new ScriptedEndpoint();
  const agent = endpoint.connect({ version, nonce, reconnectAfter });
  endpoint.sends.push(...sends);
  endpoint.opens.push(...opens);
  const model = new Model(reconnectAfter, version);
  model.nonce = nonce;

  for (let beat = 0; beat < BEATS; beat++) {
    const expected = model.beat(sends, opens);
    const outcome = agent.beat(Status.Ok, beat);
    const { socket, bytes } = endpoint.attempts.at(-1)!;
    const where = `seed ${seed}, beat ${beat}`;
    assertEquals(outcome, expected, where);
    assertEquals(
      stateOf(agent),
      { nonce: model.nonce, drops: model.drops },
      where,
    );
    assertEquals(decodeFrame(bytes).nonce, model.nonce, where);
    assertEquals(socket, model.socket, where);
    assertEquals([...endpoint.openSockets], [model.socket], where);
    assertEquals(endpoint.sends.length, sends.length, where);
    assertEquals(endpoint.opens.length, opens.length, where);
  }
}

Deno.test("Varta.beat() does what the model of its contract does", () => {
  const first = crypto.getRandomValues(new Uint32Array(1))[0];
  for (let i = 0; i < SEQUENCES; i++) runSequence((first + i) >>> 0);
});

/** An agent that has answered `results`, and what it answered. */
function beatAll(
  reconnectAfter: number,
  sends: number[],
  opens: number[] = [],
) {
  const endpoint = new ScriptedEndpoint();
  const agent = endpoint.connect({ reconnectAfter });
  endpoint.sends.push(...sends);
  endpoint.opens.push(...opens);
  const outcomes: string[] = [];
  while (endpoint.sends.length > 0) outcomes.push(agent.beat(Status.Ok).kind);
  return { endpoint, agent, outcomes };
}

Deno.test("Varta.beat() counts drops only where they are consecutive", () => {
  const { EAGAIN, EPERM } = errno;
  for (const interruption of [0, EPERM]) {
    const { agent, endpoint } = beatAll(3, [EAGAIN, EAGAIN, interruption]);
    assertEquals(stateOf(agent).drops, 0);
    assertEquals([...endpoint.openSockets], [1]);
  }
});

Deno.test("Varta.beat() never reconnects where reconnectAfter is 0", () => {
  const { agent, endpoint } = beatAll(0, Array(1_000).fill(errno.ENOTCONN));
  assertEquals(stateOf(agent).drops, 1_000);
  assertEquals([...endpoint.openSockets], [1]);
});

Deno.test("Varta.beat() returns the drop where the reconnect fails, and tries again with the next", () => {
  const { ENOTCONN, ENOENT, EMFILE } = errno;
  const { agent, endpoint, outcomes } = beatAll(
    2,
    [ENOTCONN, ENOTCONN, ENOTCONN, ENOTCONN, 0],
    [ENOENT, EMFILE, 0],
  );
  assertEquals(outcomes, ["dropped", "dropped", "dropped", "sent"]);
  assertEquals(stateOf(agent), { nonce: 4n, drops: 0 });
  assertEquals([...endpoint.openSockets], [2]);
});

Deno.test("Varta.beat() sends the same frame once more behind a reconnect", () => {
  const { endpoint } = beatAll(1, [errno.ENOTCONN, 0]);
  const [first, second] = endpoint.attempts;
  assertEquals([first.socket, second.socket], [1, 2]);
  assertEquals(first.bytes, second.bytes);
});

Deno.test("Varta.beat() does not count a drop behind its own reconnect", () => {
  const { agent, endpoint, outcomes } = beatAll(2, [
    errno.ENOTCONN,
    errno.ENOTCONN,
    errno.EAGAIN,
  ]);
  assertEquals(outcomes, ["dropped", "dropped"]);
  assertEquals(stateOf(agent).drops, 0);
  assertEquals([...endpoint.openSockets], [2]);
});

Deno.test("Varta.beat() stops the nonce at NONCE_TERMINAL - 1 in version 1", () => {
  const endpoint = new ScriptedEndpoint();
  const agent = endpoint.connect({ version: 1, nonce: NONCE_TERMINAL - 3n });
  endpoint.sends.push(0, 0, 0, 0);
  for (let i = 0; i < 4; i++) agent.beat(Status.Ok);
  assertEquals(
    endpoint.attempts.map(({ bytes }) => decodeFrame(bytes).nonce),
    [2n, 1n, 1n, 1n].map((below) => NONCE_TERMINAL - below),
  );
});

Deno.test("Varta.beat() wraps the nonce behind NONCE_TERMINAL - 1 to 0 in version 2", () => {
  const endpoint = new ScriptedEndpoint();
  const agent = endpoint.connect({ version: 2, nonce: NONCE_TERMINAL - 2n });
  endpoint.sends.push(0, 0, 0);
  for (let i = 0; i < 3; i++) agent.beat(Status.Ok);
  assertEquals(
    endpoint.attempts.map(({ bytes }) => decodeFrame(bytes).nonce),
    [NONCE_TERMINAL - 1n, 0n, 1n],
  );
});

Deno.test("Varta.beat() carries the nonce from the low half to the high one", () => {
  const endpoint = new ScriptedEndpoint();
  const agent = endpoint.connect({ nonce: 0xffff_fffen });
  endpoint.sends.push(0, 0, 0);
  for (let i = 0; i < 3; i++) agent.beat(Status.Ok);
  assertEquals(
    endpoint.attempts.map(({ bytes }) => decodeFrame(bytes).nonce),
    [0xffff_ffffn, 0x1_0000_0000n, 0x1_0000_0001n],
  );
});

Deno.test("Varta.beat() spends a nonce whatever the outcome", () => {
  const { agent } = beatAll(0, [0, errno.EAGAIN, errno.EPERM]);
  assertEquals(stateOf(agent).nonce, 3n);
});

Deno.test("Varta.beat() returns the shared outcome of the errno", () => {
  const endpoint = new ScriptedEndpoint();
  const agent = endpoint.connect();
  for (const result of results.filter((result) => result !== 0)) {
    endpoint.sends.push(result);
    assertStrictEquals(agent.beat(Status.Ok), classifySendError(result));
  }
  assert(endpoint.sends.length === 0);
});
