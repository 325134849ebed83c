import { assertEquals } from "@std/assert";
import { system } from "../../ffi/system.ts";
import { libraryPath } from "../support/library_path.ts";
import { TestFolder, TestObserver } from "../support/observer.ts";
import { DROP_REASONS } from "../support/outcomes.ts";
import {
  hasProgram,
  isEmulated,
  resultOf,
  WORKER_FLAG,
} from "../support/process.ts";
import { notLinux, testUnless } from "../support/test_unless.ts";
import { exists } from "../support/until.ts";
import type { ErrnoReport, Task } from "./programs/failing_sends.ts";
import { compileLibrary } from "./programs/interposed_send.ts";

const BEATS = 200_000;

const names = Object.entries(system.errno);
const last = Math.max(...names.map(([_, errno]) => errno));
const errnos = Array.from({ length: last }, (_, i) => i + 1);

/** Every errno in one isolate, and some alone, each for the first send in its isolate. */
const tasks: Task[] = [
  { errnos, beats: 500 },
  ...errnos.filter((errno) => errno % 8 === 1)
    .map((errno) => ({ errnos: [errno], beats: 0 })),
];

const reasons: Record<string, string> = {
  ...DROP_REASONS,
  ...Deno.build.os === "linux" ? {} : { EDESTADDRREQ: "peer-gone" },
};

/** Returns the reports that the contract demands. */
function expectedReports({ errnos, beats }: Task): ErrnoReport[] {
  return errnos.map((errno) => {
    // A few numbers have no name, and some have two.
    const code = names.find(([_, number]) => number === errno)?.[0] ??
      "UNKNOWN";
    const outcome = code in reasons
      ? `dropped ${reasons[code]} ${code}`
      : `failed ${code}`;
    return { outcome, errno, same: beats };
  });
}

// An emulator refuses filters, though its kernel has them.
const canFilter = exists("/proc/sys/kernel/seccomp/actions_avail") &&
  !isEmulated;
const canInterpose = hasProgram("cc");
const noWay = canFilter || canInterpose
  ? undefined
  : "neither seccomp nor cc can be used";

for (const isScoped of [false, true]) {
  // If both ways are possible, each is used once.
  const isFiltered = canFilter && !(isScoped && canInterpose);
  testUnless(
    isScoped && libraryPath === undefined
      ? "the path of the C library is not known"
      : noWay,
    `Varta.beat() classifies every errno, with ${
      isScoped ? "a grant for a path" : "--allow-ffi"
    }`,
    async () => {
      using folder = new TestFolder();
      using observer = new TestObserver();
      const library = isFiltered
        ? libraryPath ?? system.libraryName
        : await compileLibrary(folder.path);
      const way = isFiltered ? "seccomp" : "interpose";
      const scope = isScoped ? `=${[libraryPath, library]}` : "";
      const reports = await resultOf<ErrnoReport[][]>(
        import.meta.resolve("./programs/failing_sends.ts"),
        [observer.path, library, way, JSON.stringify(tasks)],
        [
          `--allow-ffi${scope}`,
          "--allow-read",
          `--v8-flags=${WORKER_FLAG}`,
        ],
      );
      assertEquals(reports, tasks.map(expectedReports));
      assertEquals(observer.receiveBytes(), undefined);
    },
  );
}

testUnless(
  notLinux, // whose errnos these are
  "Varta.beat() never returns the errno of another thread or agent",
  async () => {
    const result = await resultOf(
      import.meta.resolve("./programs/threads.ts"),
      [String(BEATS)],
      ["--allow-all", `--v8-flags=--expose-gc,${WORKER_FLAG}`],
    );
    const expected = (beats: number) => [
      { sent: beats },
      { "dropped kernel-queue-full EAGAIN": beats },
      // A new observer is gone after every 1,000 beats.
      {
        "dropped no-observer ECONNREFUSED": beats / 1_000,
        "dropped peer-gone ENOTCONN": beats - beats / 1_000,
      },
      { "failed ENOTSOCK": beats },
    ];
    assertEquals(result, {
      here: expected(BEATS / 4),
      inWorkers: expected(BEATS),
    });
  },
);
