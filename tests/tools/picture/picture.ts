/**
 * Makes the picture of `watch` in the README: `deno task picture`. It takes a
 * minute, because `watch` shows the last minute of real agents.
 *
 * @module
 */

import { end } from "../../support/process.ts";
import { missingTmux, Tmux } from "../../support/tmux.ts";
import { until } from "../../support/until.ts";
import { toSvg } from "./svg.ts";

export const FILE = new URL("../../../.github/watch.svg", import.meta.url);
export const COLUMNS = 74;

/** The agents: each program, its interval in ms, its payload, and what it does when. */
const AGENTS = [
  { name: "orders", interval: 500, payload: 184, actions: {} },
  {
    name: "payments",
    interval: 1_000,
    payload: 3,
    actions: { 38_000: "Degraded", 51_000: "Critical" },
  },
  {
    name: "search",
    interval: 1_000,
    payload: 2041,
    actions: { 16_000: "Degraded", 20_000: "Ok", 40_000: "Degraded" },
  },
  {
    name: "mailer",
    interval: 1_000,
    payload: 12,
    actions: { 36_000: "block" },
  },
  { name: "website", interval: 100, payload: 57, actions: {} },
  { name: "import", interval: 1_000, payload: 0, actions: { 4_000: "exit" } },
] as const;

/** What is above and below the rows of the agents. */
export const ROWS = AGENTS.length + 7;

export const TEXTS = {
  title: "deno run --allow-ffi jsr:@varta/client/cli watch varta.sock",
  description:
    "A table of agents in a terminal. The first one, mailer, is stalled. payments is Critical, search is Degraded, and orders and website are Ok. One agent, import, is gone: its process has ended without a terminal beat.",
};

/**
 * Runs `watch` and the agents, and returns what the terminal shows.
 *
 * @param pace By which all times are multiplied.
 */
export async function takeScreen(pace = 1): Promise<string[]> {
  await using tmux = await Tmux.open({ columns: COLUMNS });
  await tmux.enter(`$cli watch varta.sock --threshold ${5_000 * pace}`);
  await tmux.untilShows(/^No beat/);
  const agents = AGENTS.map(({ name, interval, payload, actions }) => {
    // A process has the name of the file that is executed.
    Deno.symlinkSync(Deno.execPath(), tmux.file(name));
    return new Deno.Command(tmux.file(name), {
      args: [
        ...["run", "--no-check", "--no-config", "--allow-ffi"],
        ...[import.meta.resolve("./agent.ts"), tmux.file("varta.sock")],
        ...[`${interval * pace}`, `${payload}`],
        ...Object.entries(actions).map(([time, action]) =>
          `${Number(time) * pace}:${action}`
        ),
      ],
      stdin: "null",
    }).spawn();
  });
  // Of the ten cells, nine are full for an agent that has always been Ok. At a
  // tenth of the time, none is required.
  const expected = RegExp(
    `^1 stalled, 1 gone, 1 Critical, 1 Degraded, 2 Ok$.* orders [^\n]* ▃{${
      Math.floor(9 * pace)
    }}`,
    "ms",
  );
  try {
    return await until(`the terminal shows ${expected}`, async () => {
      const screen = (await tmux.screen("-e")).slice(0, ROWS);
      // deno-lint-ignore no-control-regex
      const text = screen.join("\n").replace(/\x1b\[[\d;]*m/g, "");
      return expected.test(text) ? screen : undefined;
    });
  } finally {
    await Promise.all(agents.map(end));
  }
}

if (import.meta.main) {
  if (missingTmux !== undefined) throw new Error(missingTmux);
  const svg = toSvg(await takeScreen(), COLUMNS, TEXTS);
  await Deno.writeTextFile(FILE, svg);
}
