import { Status, Varta } from "../../mod.ts";
import type { TestFolder, TestObserver } from "../support/observer.ts";

/** Who has a descriptor's number after an agent had it. */
export interface Successor {
  /** Whether the descriptor still is its own, and open. */
  works(): Promise<boolean>;
  close(): void;
}

/** Where successors open things. */
export interface Places {
  readonly folder: TestFolder;
  readonly observer: TestObserver;
}

/** The kinds of them, each by the sentence's name for it. */
export const successors: Readonly<
  Record<string, (places: Places, i: number) => Successor>
> = {
  "a file": ({ folder }, i) => openFile(folder.file(`file-${i}`)),
  "another agent": ({ observer }) => connectAgent(observer),
  "a listening socket": ({ folder }, i) => listen(folder.file(`socket-${i}`)),
};

function openFile(path: string): Successor {
  const file = Deno.openSync(path, { createNew: true, write: true });
  const word = new TextEncoder().encode(path);
  return {
    async works() {
      await file.write(word);
      return Deno.readTextFileSync(path) === path;
    },
    close: () => file.close(),
  };
}

function connectAgent(observer: TestObserver): Successor {
  const agent = Varta.connect(observer.path);
  return {
    works() {
      const { kind } = agent.beat(Status.Ok);
      return Promise.resolve(
        kind === "sent" && observer.receiveAll().length === 1,
      );
    },
    close: () => agent.close(),
  };
}

function listen(path: string): Successor {
  const listener = Deno.listen({ transport: "unix", path });
  return {
    async works() {
      const [ours, theirs] = await Promise.all([
        listener.accept(),
        Deno.connect({ transport: "unix", path }),
      ]);
      await theirs.write(Uint8Array.of(1));
      const read = await ours.read(new Uint8Array(2));
      ours.close();
      theirs.close();
      return read === 1;
    },
    close: () => listener.close(),
  };
}
