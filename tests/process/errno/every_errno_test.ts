import { assertEquals } from "@std/assert";
import { system } from "../../../ffi/system.ts";
import { libraryPath } from "../../support/library_path.ts";
import { TestFolder, TestObserver } from "../../support/observer.ts";
import { hasProgram, runDeno, WORKER_FLAG } from "../../support/process.ts";
import { canFilter } from "./seccomp.ts";
import type { PlainOutcome, Report, Task } from "./sender.ts";
import { compileStandIn } from "./stand_in.ts";

const SENDER = new URL("./sender.ts", import.meta.url).href;

const reasons: Record<string, string> = {
  ENOBUFS: "kernel-queue-full",
  EAGAIN: "kernel-queue-full",
  EWOULDBLOCK: "kernel-queue-full",
  ECONNREFUSED: "no-observer",
  ENOENT: "no-observer",
  ECONNRESET: "peer-gone",
  ENOTCONN: "peer-gone",
  EPIPE: "peer-gone",
  ENOSPC: "storage-full",
  ENOMEM: "out-of-memory",
  ...Deno.build.os === "darwin" ? { EDESTADDRREQ: "peer-gone" } : {},
};

const names = Object.entries(system.errno);
const LAST = Math.max(...names.map(([_, number]) => number));

/** What the contract says of a send that fails so. */
function expectedOutcome(errno: number): PlainOutcome {
  // A few numbers below the last have no name, and two names share some.
  const code = names.find(([_, number]) => number === errno)?.[0] ?? "UNKNOWN";
  return code in reasons
    ? { kind: "dropped", reason: reasons[code], errno, code }
    : { kind: "failed", isBeatError: true, errno, code };
}

const everyErrno = Array.from({ length: LAST }, (_, i) => i + 1);

/** Fails at the first errno whose outcome is not the contract's. */
function assertContract(outcomes: PlainOutcome[]): void {
  for (const [i, errno] of everyErrno.entries()) {
    assertEquals(outcomes[i], expectedOutcome(errno));
  }
}

const standInFits = Deno.build.os !== "windows" && hasProgram("cc");

/** How sends are made to fail, and where that can be had. */
const ways = [
  {
    name: "as the kernel is told to",
    ignore: !canFilter(libraryPath),
    standIn: false,
  },
  {
    name: "in a C library that stands in for the system's",
    ignore: !standInFits,
    standIn: true,
  },
];

const grants = [
  { name: "--allow-ffi", isScoped: false },
  { name: "a grant for the library's path", isScoped: true },
];

/** Runs each task in a Worker of its own, one behind the other, in a new Deno. */
async function run(tasks: Task[], flags: string[]): Promise<Report[]> {
  const { code, stdout, stderr } = await runDeno(
    `const reports = [];
     for (const task of ${JSON.stringify(tasks)}) {
       const worker = new Worker("${SENDER}", { type: "module" });
       reports.push(await new Promise((resolve, reject) => {
         worker.onmessage = ({ data }) => resolve(data);
         worker.onerror = ({ message }) => reject(new Error(message));
         worker.postMessage(task);
       }));
       worker.terminate();
     }
     console.log(JSON.stringify(reports));`,
    ["--allow-read", `--v8-flags=${WORKER_FLAG}`, ...flags],
  );
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  return JSON.parse(stdout);
}

for (const way of ways) {
  for (const grant of grants) {
    Deno.test({
      name:
        `Varta.beat() has the outcome of the contract for every errno, under ${grant.name}, where send fails ${way.name}`,
      ignore: way.ignore || grant.isScoped && libraryPath === undefined,
      async fn() {
        using folder = new TestFolder();
        using observer = new TestObserver();
        const library = way.standIn
          ? await compileStandIn(folder.path)
          : libraryPath!;
        const flag = grant.isScoped
          ? `--allow-ffi=${[...new Set([libraryPath, library])]}`
          : "--allow-ffi";
        const { path } = observer;
        const { standIn } = way;
        const task = { path, library, standIn, from: 1, to: LAST, rounds: 500 };
        // One errno to an isolate shows that its very first send is read right;
        // all of them in one, that optimised code reads what it finds.
        const first = everyErrno.map((errno) => ({
          ...task,
          from: errno,
          to: errno,
          rounds: 0,
        }));
        const [all, ...each] = await run([task, ...first], [flag]);

        assertContract(all.outcomes);
        assertEquals(all.beats, 500 * LAST);
        assertEquals(all.others, 0);
        assertContract(each.flatMap(({ outcomes }) => outcomes));
        assertEquals(observer.receiveBytes(), undefined);
      },
    });
  }
}
