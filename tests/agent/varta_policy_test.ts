import { assertEquals, assertStrictEquals } from "@std/assert";
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
const SEQUENCES = isEmulated ? 40 : 400; // 400 would take minutes there
const BEATS = 100;

const results = [
  0,
  ...["ENOBUFS", "EAGAIN", "ECONNREFUSED", "ENOENT", "ECONNRESET"],
  ...["ENOTCONN", "EPIPE", "ENOSPC", "ENOMEM"],
  ...["EACCES", "EPERM", "EMSGSIZE", "EINTR", "EDESTADDRREQ"],
].map((result) => typeof result === "number" ? result : errno[result]);

/** The contract of beat(), written down a second time. */
class Model {
  nonce = 0n;
  drops = 0;
  /** The number of the socket in use; 0 before a lazy agent has connected. */
  socket = 1;

  constructor(readonly reconnectAfter: number, readonly version: number) {}

  beat(sends: number[], opens: number[]): BeatOutcome {
    const last = NONCE_TERMINAL - 1n;
    if (this.nonce < last) this.nonce++;
    else if (this.version === 2) this.nonce = 0n;
    const isWaiting = this.socket === 0;
    const outcome = this.#send(sends, opens);
    if (outcome.kind !== "dropped") this.drops = 0;
    else if (++this.drops >= this.reconnectAfter && this.reconnectAfter > 0) {
      const hasJustTried = isWaiting && this.socket === 0;
      if (!hasJustTried && opens.shift() === 0) {
        this.drops = 0;
        this.socket++;
        return outcomeOf(sends.shift()!);
      }
    }
    return outcome;
  }

  #send(sends: number[], opens: number[]): BeatOutcome {
    if (this.socket === 0) {
      const errno = opens.shift()!;
      if (errno !== 0) return classifySendError(errno);
      this.socket = 1;
    }
    return outcomeOf(sends.shift()!);
  }
}

function outcomeOf(errno: number): BeatOutcome {
  return errno === 0 ? { kind: "sent" } : classifySendError(errno);
}

function runSequence(seed: number, lazy: boolean): void {
  const random = createRandom(seed);
  const pick = <T>(values: T[]): T => values[random() % values.length];
  const reconnectAfter = pick([0, 1, 2, 3, 7]);
  const version = pick([1, 2] as const);
  const nonce = pick([0n, 0xffff_fff0n, NONCE_TERMINAL - 50n]);
  const mostlyDrops = pick([true, false]);

  const sends = Array.from(
    { length: 2 * BEATS },
    () => mostlyDrops && random() % 4 > 0 ? errno.EAGAIN : pick(results),
  );
  const opens = Array.from(
    { length: 2 * BEATS },
    () => pick([0, errno.ECONNREFUSED, errno.ENOENT, errno.EMFILE]),
  );
  const endpoint = new ScriptedEndpoint();
  const agent = endpoint.connect({ version, nonce, reconnectAfter, lazy });
  endpoint.sends.push(...sends);
  endpoint.opens.push(...opens);
  const model = new Model(reconnectAfter, version);
  model.nonce = nonce;
  if (lazy) model.socket = 0;

  for (let beat = 0; beat < BEATS; beat++) {
    const expected = model.beat(sends, opens);
    const outcome = agent.beat(Status.Ok, beat);
    const { nonce, drops, socket } = model;
    const where = `seed ${seed}, beat ${beat}`;
    assertEquals(outcome, expected, where);
    assertEquals(stateOf(agent), { nonce, drops }, where);
    assertEquals(
      [...endpoint.openSockets],
      socket === 0 ? [] : [socket],
      where,
    );
    assertEquals(agent.reconnects, Math.max(0, socket - 1), where);
    assertEquals(endpoint.sends.length, sends.length, where);
    assertEquals(endpoint.opens.length, opens.length, where);
    const last = endpoint.attempts.at(-1);
    if (socket === 0) continue;
    assertEquals(last?.socket, socket, where);
    assertEquals(decodeFrame(last!.bytes).nonce, nonce, where);
  }
}

for (const lazy of [false, true]) {
  Deno.test(`Varta.beat() does what a model of the contract does, lazy: ${lazy}`, () => {
    const first = crypto.getRandomValues(new Uint32Array(1))[0];
    for (let i = 0; i < SEQUENCES; i++) runSequence((first + i) >>> 0, lazy);
  });
}

/** Beats once for each result, and returns the kinds of the outcomes. */
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

Deno.test("Varta.beat() counts only consecutive drops", () => {
  const { EAGAIN, EPERM } = errno;
  for (const interruption of [0, EPERM]) {
    const { agent, endpoint } = beatAll(3, [EAGAIN, EAGAIN, interruption]);
    assertEquals(stateOf(agent).drops, 0);
    assertEquals([...endpoint.openSockets], [1]);
  }
});

Deno.test("Varta.beat() never reconnects if reconnectAfter is 0", () => {
  const { agent, endpoint } = beatAll(0, Array(1_000).fill(errno.ENOTCONN));
  assertEquals(stateOf(agent).drops, 1_000);
  assertEquals([...endpoint.openSockets], [1]);
});

Deno.test("Varta.beat() returns the drop if it cannot reconnect, then tries again", () => {
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

Deno.test("Varta.beat() sends the same frame again after a reconnect", () => {
  const { endpoint } = beatAll(1, [errno.ENOTCONN, 0]);
  const [first, second] = endpoint.attempts;
  assertEquals([first.socket, second.socket], [1, 2]);
  assertEquals(first.bytes, second.bytes);
});

Deno.test("Varta.beat() does not count a drop after its own reconnect", () => {
  const { ENOTCONN, EAGAIN } = errno;
  const { agent, endpoint, outcomes } = beatAll(2, [
    ENOTCONN,
    ENOTCONN,
    EAGAIN,
  ]);
  assertEquals(outcomes, ["dropped", "dropped"]);
  assertEquals(stateOf(agent).drops, 0);
  assertEquals([...endpoint.openSockets], [2]);
});

/** Returns the nonces of beats that are sent after one with the given nonce. */
function noncesAfter(nonce: bigint, version: 1 | 2, count: number): bigint[] {
  const endpoint = new ScriptedEndpoint();
  const agent = endpoint.connect({ version, nonce });
  for (let i = 0; i < count; i++) {
    endpoint.sends.push(0);
    agent.beat(Status.Ok);
  }
  return endpoint.attempts.map(({ bytes }) => decodeFrame(bytes).nonce);
}

Deno.test("Varta.beat() stops the nonce at NONCE_TERMINAL - 1 in version 1", () => {
  const last = NONCE_TERMINAL - 1n;
  assertEquals(noncesAfter(last - 2n, 1, 4), [last - 1n, last, last, last]);
});

Deno.test("Varta.beat() wraps the nonce to 0 before NONCE_TERMINAL in version 2", () => {
  const last = NONCE_TERMINAL - 1n;
  assertEquals(noncesAfter(last - 1n, 2, 3), [last, 0n, 1n]);
});

Deno.test("Varta.beat() carries the nonce from its low half to its high half", () => {
  assertEquals(
    noncesAfter(0xffff_fffen, 1, 3),
    [0xffff_ffffn, 0x1_0000_0000n, 0x1_0000_0001n],
  );
});

Deno.test("Varta.beat() takes the next nonce, whatever the outcome is", () => {
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
});
