// Stops an agent's observer again and again, replaces its socket by what the
// first argument names, and then starts the observer again. Prints how often
// each sequence of outcomes came. The second argument is the number of rounds.

import { Status, Varta } from "../../../mod.ts";
import { TestObserver } from "../../support/observer.ts";
import { count, type Counts, describeOutcome } from "../../support/outcomes.ts";
import { openDescriptors } from "../../support/process.ts";

const DROPPED_BEATS = 6;
const [replacement, rounds] = Deno.args;

/** Puts something at the observer's path. Returns what must be closed again. */
const replacements: Record<
  string,
  (observer: TestObserver) => { close(): void } | void
> = {
  "nothing": () => {},
  "a plain file": ({ path }) => Deno.writeTextFileSync(path, ""),
  "a directory": ({ path }) => Deno.mkdirSync(path),
  "a stream socket": ({ path }) => Deno.listen({ transport: "unix", path }),
  "a dangling link": ({ path }) => Deno.symlinkSync(`${path}.none`, path),
  "a socket of mode 0"(observer) {
    observer.start();
    Deno.chmodSync(observer.path, 0);
    return { close: () => observer.stop() };
  },
};

function replace(observer: TestObserver, agent: Varta): string[] {
  const beat = () => describeOutcome(agent.beat(Status.Ok));
  observer.stop();
  observer.removeFile();
  const replaced = replacements[replacement](observer);
  const sequence = Array.from({ length: DROPPED_BEATS }, beat);
  try {
    agent.reconnect();
  } catch (error) {
    sequence.push((error as { code: string }).code);
  }
  replaced?.close();
  observer.start();
  sequence.push(beat(), `received ${observer.receiveAll().length}`);
  return sequence;
}

const before = openDescriptors().length;
const observer = new TestObserver();
const agent = Varta.connect(observer.path, { reconnectAfter: 3 });
const sequences: Counts = {};
for (let i = 0; i < Number(rounds); i++) {
  count(sequences, replace(observer, agent).join(", "));
}
agent.close();
observer[Symbol.dispose]();
const leaked = openDescriptors().length - before;
console.log(JSON.stringify({ sequences, leaked }));
