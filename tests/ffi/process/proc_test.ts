import { assert, assertEquals } from "@std/assert";
import { inspectProcess, readProcFile } from "../../../ffi/process/proc.ts";
import { end, isEmulated } from "../../support/process.ts";
import { notLinux, testUnless } from "../../support/test_unless.ts";
import { TestFolder } from "../../support/test_folder.ts";
import { until } from "../../support/until.ts";

// Up to Deno 2.7, a library that a test opens is a leak of that test.
inspectProcess(Deno.pid);

const hasOtherNames = isEmulated ? "processes have another name" : undefined;

Deno.test("inspectProcess() finds this process and another user's", () => {
  assert(inspectProcess(Deno.pid).isRunning);
  assert(inspectProcess(1).isRunning);
});

Deno.test("inspectProcess() does not find one that has been waited for", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["--version"],
    stdout: "null",
  });
  const { pid, status } = child.spawn();
  await status;
  assertEquals(inspectProcess(pid), { isRunning: false });
});

Deno.test("inspectProcess() does not find a group of processes", () => {
  for (const id of [0, -1, -Deno.pid, 2 ** 31, 2 ** 32 - 1, NaN]) {
    assertEquals(inspectProcess(id), { isRunning: false }, `${id}`);
  }
});

/** Runs a line of a shell whose child prints its pid. */
async function startShell(
  line: string,
): Promise<{ shell: Deno.ChildProcess; pid: number }> {
  const shell = new Deno.Command("sh", {
    args: ["-c", line],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = shell.stdout.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return { shell, pid: Number(new TextDecoder().decode(value)) };
}

testUnless(
  notLinux,
  "inspectProcess() does not find a zombie, and names it",
  async () => {
    // The program that replaces the shell never waits for the shell's child.
    const { shell, pid } = await startShell(
      "sleep 0.1 & echo $!; exec sleep 60",
    );
    try {
      await until("it has ended", () => !inspectProcess(pid).isRunning);
      // It exists for the kernel.
      Deno.kill(pid, "SIGCONT");
      assertEquals(inspectProcess(pid).name, "sleep");
    } finally {
      await end(shell);
    }
  },
);

testUnless(
  notLinux ?? hasOtherNames,
  "inspectProcess() returns any name, and the time of the start",
  async () => {
    using folder = new TestFolder();
    // A process has the name of the file that is executed, or its first 15 bytes.
    for (const name of ["a) R 1 (b", "a\nb", "é", "x".repeat(20)]) {
      Deno.symlinkSync("/bin/sleep", folder.file(name));
      const children = [1, 2].map(() =>
        new Deno.Command(folder.file(name), { args: ["60"] }).spawn()
      );
      try {
        const [first, second] = children.map(({ pid }) => inspectProcess(pid));
        assertEquals(first.name, name.slice(0, 15));
        assert(/^\d+$/.test(first.started!));
        assertEquals(inspectProcess(children[0].pid), first);
        assert(Number(second.started) >= Number(first.started));
      } finally {
        await Promise.all(children.map(end));
      }
    }
    assert(inspectProcess(Deno.pid).started !== inspectProcess(1).started);
  },
);

testUnless(
  notLinux ?? hasOtherNames,
  "inspectProcess() finds a process whose first thread has ended",
  async () => {
    const program = `
      const { symbols } = Deno.dlopen("libc.so.6", {
        syscall: { parameters: ["i64", "i64"], result: "i64" },
      });
      new Worker("data:text/javascript,setInterval(() => {}, 1000)", { type: "module" });
      console.log(Deno.pid);
      setTimeout(() => symbols.syscall(${Deno.build.arch === "x86_64" ? 60 : 93 // SYS_exit: of the thread
    }n, 0n), 100);`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", program],
      stdout: "null",
    }).spawn();
    try {
      await until(
        "its first thread is a zombie",
        () => readProcFile(`/proc/${child.pid}/stat`)?.includes(") Z "),
      );
      assert(inspectProcess(child.pid).isRunning);
    } finally {
      await end(child);
    }
  },
);

testUnless(notLinux, "readProcFile() reads the beginning of a file", () => {
  assertEquals(
    readProcFile("/proc/self/comm"),
    Deno.readTextFileSync("/proc/self/comm"),
  );
  assertEquals(readProcFile("/proc/self/maps")!.length > 100, true);
  assertEquals(readProcFile("/proc/no"), undefined);
  assertEquals(readProcFile("/proc"), undefined);
});
