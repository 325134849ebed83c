// Prints for each kind of beat by how many bytes one beat changes the heap.
// Arguments: a path to receive at, and a path whose datagrams stay unread.

import { type BeatOutcome, Status, Varta } from "../../../mod.ts";
import { TestObserver } from "../../support/observer.ts";
import { describeOutcome } from "../../support/outcomes.ts";

const [read, full] = Deno.args;
const BEATS = 20_000;
const STRETCHES = 200;
const BOUND = 0.05; // bytes a beat; asking for the size of the heap takes some

const observer = new TestObserver(read);
const _idle = new TestObserver(full);

/** Beats of one kind: the expected outcome, and how to beat. */
type Kind = [expected: string, beat: (i: number) => BeatOutcome];

const kinds: Record<string, Kind> = {};
for (const version of [1, 2] as const) {
  const agent = Varta.connect(read, { version });
  const clocked = Varta.connect(read, { version, nonce: "clock" });
  const ignored = Varta.connect(full, { version });
  while (ignored.beat(Status.Ok).kind === "sent");
  const closed = Varta.connect(read, { version });
  closed.close();
  const gone = new TestObserver(`${read}-${version}`);
  const left = Varta.connect(gone.path, { version, reconnectAfter: 1 });
  gone.stop();
  left.beat(Status.Ok); // whose socket is not connected any more after that
  const fullQueue = "dropped kernel-queue-full EAGAIN";
  kinds[`number ${version}`] = ["sent", (i) => agent.beat(Status.Ok, i)];
  kinds[`bigint ${version}`] = ["sent", () => agent.beat(Status.Ok, 7n)];
  kinds[`clock ${version}`] = ["sent", () => clocked.beat(Status.Ok)];
  kinds[`full ${version}`] = [fullQueue, () => ignored.beat(Status.Ok)];
  kinds[`gone ${version}`] = [
    "dropped peer-gone ENOTCONN",
    () => left.beat(Status.Ok),
  ];
  kinds[`invalid ${version}`] = ["failed EINVAL", () => agent.beat(3)];
  kinds[`closed ${version}`] = ["failed EBADF", () => closed.beat(Status.Ok)];
}
let garbage: unknown;
const agent = Varta.connect(read);
kinds.garbage = ["sent", (i) => agent.beat(Status.Ok, (garbage = [i]).length)];

function measureStretch([expected, beat]: Kind): number {
  const { heapUsed } = Deno.memoryUsage();
  let last: BeatOutcome | undefined;
  for (let i = 0; i < BEATS; i++) {
    const outcome = beat(i);
    if (outcome !== last && describeOutcome(outcome) !== expected) {
      throw new Error(`Not ${expected}: ${describeOutcome(outcome)}`);
    }
    last = outcome;
    observer.receiveWords();
  }
  return Math.abs(Deno.memoryUsage().heapUsed - heapUsed) / BEATS;
}

// Until V8 has compiled all of it, and whenever it compiles again, numbers are
// objects. So the stretch that changes the heap least counts.
const results: Record<string, number> = {};
for (const [name, kind] of Object.entries(kinds)) {
  results[name] = Infinity;
  for (let i = 0; i < STRETCHES && results[name] > BOUND; i++) {
    results[name] = Math.min(results[name], measureStretch(kind));
    if (name === "garbage" && i === 10) break;
  }
}
console.log(JSON.stringify(results));
void garbage;
