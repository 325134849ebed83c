import { assert, assertEquals } from "@std/assert";
import { Status, Varta } from "../../mod.ts";
import { TestFolder, TestObserver } from "../support/observer.ts";
import {
  canDropPrivileges,
  openDescriptors,
  runDeno,
} from "../support/process.ts";
import { keepingDescriptors } from "./descriptors.ts";
import {
  type Obstacle,
  obstacles,
  refusal,
  rightStoryOf,
  storiesOf,
} from "./obstacles.ts";
import { ObserverProcess } from "./observer_process.ts";

const RESTARTS = 2_000;
const KILLS = 10;
const BEATS_BETWEEN = 5;
const ROUNDS = 50;

// The reasons and codes of the rounds are those of Linux.
const notLinux = Deno.build.os !== "linux";

/** How many beats are missing at each place where some are. */
function gapsIn(nonces: bigint[]): bigint[] {
  return nonces.flatMap((nonce, i) => {
    const missing = nonce - (nonces[i - 1] ?? 0n) - 1n;
    return missing === 0n ? [] : [missing];
  });
}

Deno.test("Varta.beat() loses two beats at each of 2,000 restarts, and no descriptor", () => {
  const nonces: bigint[] = [];
  keepingDescriptors(() => {
    using observer = new TestObserver();
    using agent = Varta.connect(observer.path, { reconnectAfter: 3 });
    const descriptors = openDescriptors().length;
    for (let restart = 0; restart < RESTARTS; restart++) {
      observer.restart();
      for (let beat = 0; beat < BEATS_BETWEEN; beat++) agent.beat(Status.Ok);
      for (const { nonce } of observer.receiveAll()) nonces.push(nonce);
    }
    assertEquals(openDescriptors().length, descriptors);
  });
  assert(nonces.every((nonce, i) => i === 0 || nonce > nonces[i - 1]));
  const gaps = gapsIn(nonces);
  assertEquals(gaps, Array(RESTARTS).fill(2n));
  assertEquals(nonces.at(-1), BigInt(RESTARTS * BEATS_BETWEEN));
  console.log(
    `restarts: ${RESTARTS}, beats: ${
      nonces.at(-1)
    }, received: ${nonces.length}, lost: ${
      gaps.reduce((sum, gap) => sum + gap)
    }, descriptors lost: 0`,
  );
});

Deno.test("Varta.beat() loses two beats at each death of an observer's process by SIGKILL", async () => {
  using folder = new TestFolder();
  const path = folder.file("observer.sock");
  const nonces: bigint[] = [];
  let observer = await ObserverProcess.start(path);
  using agent = Varta.connect(path, { reconnectAfter: 3 });
  const descriptors = openDescriptors().length;
  for (let kill = 0; kill < KILLS; kill++) {
    await observer.kill();
    observer = await ObserverProcess.start(path);
    let sent = 0;
    for (let beat = 0; beat < BEATS_BETWEEN; beat++) {
      if (agent.beat(Status.Ok).kind === "sent") sent++;
    }
    nonces.push(...await observer.receive(sent));
  }
  assertEquals(openDescriptors().length, descriptors);
  await observer.kill();
  const gaps = gapsIn(nonces);
  assertEquals(gaps, Array(KILLS).fill(2n));
  assertEquals(nonces.at(-1), BigInt(KILLS * BEATS_BETWEEN));
  console.log(
    `observers killed: ${KILLS}, beats: ${
      nonces.at(-1)
    }, received: ${nonces.length}, lost: ${
      gaps.reduce((sum, gap) => sum + gap)
    }`,
  );
});

function report({ name }: Obstacle) {
  console.log(
    `the socket ${name}: ${ROUNDS} times, found again by the first beat: ${ROUNDS}, descriptors lost: 0`,
  );
}

for (const obstacle of obstacles) {
  Deno.test({
    name:
      `Varta.beat() finds the observer by its first drop where the socket ${obstacle.name}, and put right`,
    ignore: notLinux,
    fn() {
      keepingDescriptors(() => {
        using observer = new TestObserver();
        assertEquals(storiesOf(obstacle, observer, ROUNDS), {
          [rightStoryOf(obstacle)]: ROUNDS,
        });
      });
      report(obstacle);
    },
  });
}

Deno.test({
  name:
    "Varta.beat() finds the observer by its first drop where the socket refuses permission, and is put right",
  // Root is refused nothing, unless it steps down.
  ignore: notLinux || !canDropPrivileges(),
  async fn() {
    const { stdout, stderr } = await runDeno(
      `import { refusal, storiesOf } from "${
        import.meta.resolve("./obstacles.ts")
      }";
       import { TestObserver } from "${
        import.meta.resolve("../support/observer.ts")
      }";
       import { openDescriptors } from "${
        import.meta.resolve("../support/process.ts")
      }";
       const before = openDescriptors().length;
       const observer = new TestObserver();
       const stories = storiesOf(refusal, observer, ${ROUNDS});
       observer[Symbol.dispose]();
       const lost = openDescriptors().length - before;
       console.log(JSON.stringify({ stories, lost }));`,
      ["--allow-all"],
      { unprivileged: true },
    );
    assertEquals(stderr, "");
    assertEquals(JSON.parse(stdout), {
      stories: { [rightStoryOf(refusal)]: ROUNDS },
      lost: 0,
    });
    report(refusal);
  },
});
