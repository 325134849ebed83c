import { MODULE } from "../support/process.ts";

// Not SIGUSR1: Deno starts its debugger by it.
const signals = ["SIGUSR2", "SIGWINCH"] as const;

const OBSERVER = import.meta.resolve("../support/observer.ts");
const PATIENCE = 120_000;

/** What a process does in a storm, round by round. */
export interface Round {
  readonly reconnectAfter: number;
  /** Statements before a round's beat, and behind it. */
  readonly before: string;
  readonly after: string;
}

/** What the process tells at its end. */
export interface Weathered {
  readonly rounds: number;
  /** How many signals its listeners saw. */
  readonly seen: number;
  /** How often each outcome came. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** How many beats the observer received, and the nonce of the last. */
  readonly received: number;
  readonly last: number;
}

/**
 * Runs a process that does at least so many rounds, and sends it signals all the
 * while, until it has seen as many as `storm` says.
 */
export async function weatherStorm(
  atLeast: number,
  storm: number,
  round: Round,
): Promise<Weathered & { sent: number }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      "--no-config",
      "--ext=ts",
      programOf(atLeast, storm, round),
    ],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value: first = "" } = await reader.read();
  if (first !== "ready\n") throw new Error(`The process says ${first}`);

  let told = "";
  let ended = false;
  const telling = (async () => {
    for (let part; !(part = await reader.read()).done;) told += part.value;
    ended = true;
  })();
  const start = Date.now();
  let sent = 0;
  while (!ended) {
    // A hundred in a row, and then a turn to hear of the end.
    for (let i = 0; i < 100 && trySend(child, signals[i % 2]); i++) sent++;
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (Date.now() - start > PATIENCE) child.kill("SIGKILL");
  }
  await telling;
  await child.status;
  if (told === "") throw new Error("The process has not come to its end");
  return { sent, ...JSON.parse(told) };
}

/** Sends a signal, and answers whether the process still was there. */
function trySend(child: Deno.ChildProcess, signal: Deno.Signal): boolean {
  try {
    child.kill(signal);
    return true;
  } catch {
    return false;
  }
}

function programOf(
  atLeast: number,
  storm: number,
  { reconnectAfter, before, after }: Round,
): string {
  return `
    import { Status, Varta } from "${MODULE}";
    import { TestObserver } from "${OBSERVER}";
    const tale = { rounds: 0, seen: 0, outcomes: {}, received: 0, last: 0 };
    for (const signal of ${JSON.stringify(signals)}) {
      Deno.addSignalListener(signal, () => tale.seen++);
    }
    const observer = new TestObserver();
    const agent = Varta.connect(observer.path, {
      reconnectAfter: ${reconnectAfter},
    });
    const receive = () => {
      for (const { nonce } of observer.receiveAll()) {
        tale.received++;
        tale.last = Number(nonce);
      }
    };
    console.log("ready");
    while (tale.rounds < ${atLeast} || tale.seen < ${storm}) {
      ${before}
      const outcome = agent.beat(Status.Ok);
      const { code = outcome.kind } = outcome.error ?? outcome;
      tale.outcomes[code] = (tale.outcomes[code] ?? 0) + 1;
      ${after}
      // Now and then a turn, in which the listeners are called.
      if (tale.rounds++ % ${Math.ceil(atLeast / storm)} === 0) {
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    }
    receive();
    agent.close();
    observer[Symbol.dispose]();
    console.log(JSON.stringify(tale));
    Deno.exit();`;
}
