// No assertion here, and so no `@std`: one of these runs in a child, which has
// no import map.

import { type BeatOutcome, Status, Varta } from "../../mod.ts";
import type { TestObserver } from "../support/observer.ts";

/** How many drops in a row make the agent of a round reconnect. */
const RECONNECT_AFTER = 3;

const BEATS_IN_VAIN = 6;

/** What stands where a stopped observer's socket was. */
export interface Obstacle {
  /** As a sentence about the observer's socket says it. */
  readonly name: string;
  /** The errno's name that a connect there ends with. */
  readonly code: string;
  /** Puts it at the path, which is free; answers with how to put it right. */
  place(observer: TestObserver): () => void;
}

export const obstacles: readonly Obstacle[] = [
  {
    name: "is removed",
    code: "ENOENT",
    place: (observer) => () => observer.start(),
  },
  {
    name: "is replaced by a plain file",
    code: "ECONNREFUSED",
    place(observer) {
      Deno.writeTextFileSync(observer.path, "");
      return () => observer.start();
    },
  },
  {
    name: "is replaced by a directory",
    code: "ECONNREFUSED",
    place(observer) {
      Deno.mkdirSync(observer.path);
      return () => observer.start();
    },
  },
  {
    name: "is replaced by a stream socket",
    code: "EPROTOTYPE",
    place(observer) {
      const { path } = observer;
      const listener = Deno.listen({ transport: "unix", path });
      return () => {
        listener.close();
        observer.start();
      };
    },
  },
  {
    name: "is replaced by a dangling link",
    code: "ENOENT",
    place(observer) {
      Deno.symlinkSync(`${observer.path}.none`, observer.path);
      return () => observer.start();
    },
  },
];

/** Not for root, who is refused nothing. */
export const refusal: Obstacle = {
  name: "refuses permission",
  code: "EACCES",
  place(observer) {
    observer.start();
    Deno.chmodSync(observer.path, 0);
    return () => Deno.chmodSync(observer.path, 0o700);
  },
};

/**
 * Puts an obstacle in an agent's way, and away again, as often as `rounds` says.
 * Answers with every story that a round told, and how many told it.
 */
export function storiesOf(
  obstacle: Obstacle,
  observer: TestObserver,
  rounds: number,
): Record<string, number> {
  const stories: Record<string, number> = {};
  using agent = Varta.connect(observer.path, {
    reconnectAfter: RECONNECT_AFTER,
  });
  for (let round = 0; round < rounds; round++) {
    const story = storyOf(obstacle, observer, agent);
    stories[story] = (stories[story] ?? 0) + 1;
  }
  return stories;
}

/** The story that every round is to tell. */
export function rightStoryOf({ code }: Obstacle): string {
  return [
    "no-observer ECONNREFUSED",
    ...Array(BEATS_IN_VAIN - 1).fill("peer-gone ENOTCONN"),
    code,
    "sent",
    "received 1",
  ].join(", ");
}

function storyOf(
  obstacle: Obstacle,
  observer: TestObserver,
  agent: Varta,
): string {
  observer.stop();
  observer.removeFile();
  const putRight = obstacle.place(observer);
  const story: string[] = [];
  for (let beat = 0; beat < BEATS_IN_VAIN; beat++) {
    story.push(wordsFor(agent.beat(Status.Ok)));
  }
  story.push(codeOf(() => agent.reconnect()));
  putRight();
  story.push(wordsFor(agent.beat(Status.Ok)));
  story.push(`received ${observer.receiveAll().length}`);
  return story.join(", ");
}

function wordsFor(outcome: BeatOutcome): string {
  switch (outcome.kind) {
    case "sent":
      return "sent";
    case "dropped":
      return `${outcome.reason} ${outcome.code}`;
    case "failed":
      return `failed ${outcome.error.code}`;
  }
}

function codeOf(action: () => void): string {
  try {
    action();
    return "no error";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
