import { FFI, MODULE, runDeno } from "../../support/process.ts";
import type { Figure } from "./figure.ts";
import { countCollections, TRACE_GC } from "./garbage.ts";

const BEATS = 1_000_000;
const AGENTS = 5_000;

/** What a kind of beat does each time, and whether the observer receives it. */
interface Kind {
  beat: string;
  isReceived?: boolean;
}

const kinds: Record<string, Kind> = {
  "sent, a number": { beat: "agent.beat(Status.Ok, i);", isReceived: true },
  "sent, a bigint": { beat: "agent.beat(Status.Ok, 7n);", isReceived: true },
  "dropped": { beat: "agent.beat(Status.Ok, i);" },
  "invalid input": { beat: "agent.beat(Status.Ok, i % 2 ? -1 : 'one');" },
  "failed": { beat: "agent.close(); agent.beat(Status.Ok);" },
  "dropped, each trying to reconnect": {
    beat:
      "observer.close(); agent.setReconnectAfter(1); agent.beat(Status.Ok);",
  },
};

/** A child's code: one kind of beat a million times, in both versions. */
function beatsOf({ beat, isReceived = false }: Kind, path: string): string {
  return `
    import { Status, Varta } from "${MODULE}";
    import { createDatagramBuffer } from "${FFI}datagram_buffer.ts";
    import { ReceivingSocket } from "${FFI}receiving_socket.ts";
    import { unixAddress } from "${FFI}socket_address.ts";
    const observer = ReceivingSocket.bind(unixAddress("${path}"));
    const agents = [1, 2].map((version) =>
      Varta.connect("${path}", { version }));
    const frame = createDatagramBuffer(32);
    const beats = (count) => {
      for (let i = 0; i < count; i++) {
        const agent = agents[i & 1];
        ${beat}
        ${isReceived ? "observer.receive(frame);" : ""}
      }
    };
    beats(100_000);
    gc();
    const before = Deno.memoryUsage().heapUsed;
    beats(${BEATS});
    const after = Deno.memoryUsage().heapUsed;
    gc();
    console.log("growth", after - before);`;
}

/** Heap growth and collections of a million beats, kind by kind. */
export async function measureGarbage(folder: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [name, kind] of Object.entries(kinds)) {
    const { stdout } = await runDeno(
      beatsOf(kind, `${folder}/garbage-${figures.length}`),
      ["--allow-ffi", TRACE_GC],
    );
    const growth = Number(/growth (-?\d+)/.exec(stdout)![1]);
    figures.push({
      name: `heap growth, ${name}`,
      value: Math.max(0, growth) / BEATS,
      bound: 1,
      unit: " B/beat",
    }, {
      name: `collections in 10^6 beats, ${name}`,
      value: countCollections(stdout),
      bound: 0,
    });
  }
  return figures;
}

/** The memory of an agent, in the heap and beside it. */
export async function measureAgentMemory(folder: string): Promise<Figure[]> {
  const path = `${folder}/memory`;
  const { stdout } = await runDeno(
    `import { Status, Varta } from "${MODULE}";
     import { ReceivingSocket } from "${FFI}receiving_socket.ts";
     import { unixAddress } from "${FFI}socket_address.ts";
     const observer = ReceivingSocket.bind(unixAddress("${path}"));
     const used = () => {
       for (let i = 0; i < 5; i++) gc();
       const { heapUsed, external, rss } = Deno.memoryUsage();
       return { heap: heapUsed + external, rss };
     };
     const connect = (count) =>
       Array.from({ length: count }, () => {
         const agent = Varta.connect("${path}");
         agent.beat(Status.Ok);
         return agent;
       });
     // The first ones pay for what the heap keeps in store for all.
     const first = connect(${AGENTS});
     const before = used();
     const second = connect(${AGENTS});
     const after = used();
     console.log((after.heap - before.heap) / ${AGENTS});
     console.log((after.rss - before.rss) / ${AGENTS});
     first[0].close();
     second[0].close();`,
    ["--allow-ffi", "--v8-flags=--expose-gc"],
  );
  const [heap, resident] = stdout.split("\n").map(Number);
  return [
    { name: "memory of an agent, heap", value: heap, bound: 2048, unit: " B" },
    {
      name: "memory of an agent, resident set",
      value: resident,
      bound: 2048,
      unit: " B",
    },
  ];
}
