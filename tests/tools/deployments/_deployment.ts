import { assertEquals } from "@std/assert";
import { until } from "../../support/until.ts";
import { THRESHOLD } from "./_page.ts";

/** The observer, or the service. */
export type Part = "watch" | "service";

/** What the checks need of a deployment that runs. */
export interface Deployment {
  /** The pid of a part, or 0 while it does not run. */
  pid(part: Part): Promise<number>;
  /** What a part has printed, also before it was started again. */
  log(part: Part): Promise<string>;
  signal(part: Part, signal: "SIGKILL" | "SIGUSR2"): unknown;
}

export function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Asks twice a second, since each question starts processes. */
function untilSlowly(
  description: string,
  condition: () => Promise<boolean>,
): Promise<boolean> {
  return until(description, async () => {
    await delay(500);
    return await condition();
  });
}

async function count(
  deployment: Deployment,
  part: Part,
  text: RegExp,
): Promise<number> {
  return (await deployment.log(part)).match(text)?.length ?? 0;
}

function countRecoveries(deployment: Deployment): Promise<number> {
  return count(deployment, "watch", /recovery for pid \d+ spawned/g);
}

/** Waits until the observer has received a beat from now on. */
async function untilReceived(deployment: Deployment): Promise<void> {
  const countSent = () => count(deployment, "service", /^sent$/gm);
  // The first one may be a beat of before, whose line is late.
  const enough = await countSent() + 2;
  await untilSlowly("beats are sent", async () => await countSent() >= enough);
}

/** Ends or blocks a part, and waits until its supervisor has started it again. */
async function untilRestarted(
  deployment: Deployment,
  part: Part,
  signal: "SIGKILL" | "SIGUSR2",
): Promise<void> {
  const before = await deployment.pid(part);
  await deployment.signal(part, signal);
  await untilSlowly(`${part} is started again`, async () => {
    // Podman fails to inspect a container whose process has just ended.
    const pid = await deployment.pid(part).catch(() => 0);
    return pid !== 0 && pid !== before;
  });
}

/**
 * Checks that a service that hangs is started again. The observer kills only a
 * process whose beats it has counted.
 */
async function assertRestarted(deployment: Deployment): Promise<void> {
  const recoveries = await countRecoveries(deployment);
  await untilRestarted(deployment, "service", "SIGUSR2");
  assertEquals(await countRecoveries(deployment), recoveries + 1);
  await untilReceived(deployment);
}

/** Checks all that the page promises of a recipe. */
export async function assertRecovers(deployment: Deployment): Promise<void> {
  await untilReceived(deployment);
  await assertRestarted(deployment);

  const service = await deployment.pid("service");
  await untilRestarted(deployment, "watch", "SIGKILL");
  await untilReceived(deployment);
  assertEquals(await deployment.pid("service"), service);
  await assertRestarted(deployment);
}

/**
 * Checks that a new version can be deployed without recovery, and that there is a
 * recovery after a graceful end.
 */
export async function assertDeploys(
  deployment: Deployment,
  deploy: () => Promise<unknown>,
  stop: () => Promise<unknown>,
): Promise<void> {
  const recoveries = await countRecoveries(deployment);
  const service = await deployment.pid("service");
  await deploy();
  await untilReceived(deployment);
  assertEquals(await deployment.pid("service") === service, false);
  await delay(1.5 * THRESHOLD);
  assertEquals(await countRecoveries(deployment), recoveries);

  await stop();
  await untilSlowly(
    "recovery runs after a graceful end",
    async () => await countRecoveries(deployment) > recoveries,
  );
}
