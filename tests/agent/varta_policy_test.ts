import { assertEquals, assertStringIncludes } from "@std/assert";
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
import { ScriptedEndpoint } from "../support/scripted_endpoint.ts";

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
  /** How often the agent has connected; 0 before a lazy agent has. */
  connection = 1;

  constructor(readonly reconnectAfter: number, readonly version: number) {}

  beat(sends: number[], connects: number[]): BeatOutcome {
    const last = NONCE_TERMINAL - 1n;
    if (this.nonce < last) this.nonce++;
    else if (this.version === 2) this.nonce = 0n;
    const isWaiting = this.connection === 0;
    const outcome = this.#send(sends, connects);
    if (outcome.kind !== "dropped") this.drops = 0;
    else if (++this.drops >= this.reconnectAfter && this.reconnectAfter > 0) {
      const hasJustTried = isWaiting && this.connection === 0;
      if (!hasJustTried && connects.shift() === 0) {
        this.drops = 0;
        this.connection++;
        return outcomeOf(sends.shift()!);
      }
    }
    return outcome;
  }

  #send(sends: number[], connects: number[]): BeatOutcome {
    if (this.connection === 0) {
      const errno = connects.shift()!;
      if (errno !== 0) return classifySendError(errno);
      this.connection = 1;
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
  const connects = Array.from(
    { length: 2 * BEATS },
    () => pick([0, errno.ECONNREFUSED, errno.ENOENT, errno.EMFILE]),
  );
  const endpoint = new ScriptedEndpoint();
  const agent = endpoint.createAgent({ version, nonce, reconnectAfter, lazy });
  endpoint.sends.push(...sends);
  endpoint.connects.push(...connects);
  const model = new Model(reconnectAfter, version);
  model.nonce = nonce;
  if (lazy) model.connection = 0;

  for (let beat = 0; beat < BEATS; beat++) {
    const expected = model.beat(sends, connects);
    const outcome = agent.beat(Status.Ok, beat);
    const { nonce, drops, connection } = model;
    const where = `seed ${seed}, beat ${beat}`;
    assertEquals(outcome, expected, where);
    assertStringIncludes(
      Deno.inspect(agent),
      `nonce: ${nonce}, drops: ${drops},`,
      where,
    );
    assertEquals(endpoint.connection, connection, where);
    assertEquals(agent.reconnects, Math.max(0, connection - 1), where);
    assertEquals(endpoint.sends.length, sends.length, where);
    assertEquals(endpoint.connects.length, connects.length, where);
    const last = endpoint.attempts.at(-1);
    if (connection === 0) continue;
    assertEquals(last?.connection, connection, where);
    assertEquals(decodeFrame(last!.bytes).nonce, nonce, where);
  }
}

for (const lazy of [false, true]) {
  Deno.test(`Varta.beat() does what a model of the contract does, lazy: ${lazy}`, () => {
    const first = crypto.getRandomValues(new Uint32Array(1))[0];
    for (let i = 0; i < SEQUENCES; i++) runSequence((first + i) >>> 0, lazy);
  });
}

Deno.test("Varta.beat() sends the same frame again after a reconnect", () => {
  const endpoint = new ScriptedEndpoint();
  const agent = endpoint.createAgent({ reconnectAfter: 1 });
  endpoint.sends.push(errno.ENOTCONN, 0);
  agent.beat(Status.Ok);
  const [first, second] = endpoint.attempts;
  assertEquals([first.connection, second.connection], [1, 2]);
  assertEquals(first.bytes, second.bytes);
});
