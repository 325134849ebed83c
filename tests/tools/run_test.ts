import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { hasProgram } from "../support/process.ts";
import { TestFolder } from "../support/test_folder.ts";
import { notLinux, testUnless } from "../support/test_unless.ts";
import { exists, until } from "../support/until.ts";

const RUN = fileURLToPath(import.meta.resolve("./run.ts"));

/** A test that leaves a process in a session of its own, and a folder. */
const LEAVES = `
  Deno.test("leaves", async () => {
    const folder = Deno.makeTempDirSync();
    const child = new Deno.Command("setsid", {
      args: ["sh", "-c", "trap '' INT TERM; while :; do sleep 0.1; done"],
    }).spawn();
    console.log(JSON.stringify({ folder, pid: child.pid }));
    await child.status;
  });
`;

for (const [signal, number] of [["SIGINT", 2], ["SIGTERM", 15]] as const) {
  testUnless(
    notLinux ?? (hasProgram("setsid") ? undefined : "there is no setsid"),
    `run.ts leaves no process and no file after ${signal}`,
    async () => {
      using folder = new TestFolder();
      const file = folder.file("leaves_test.ts");
      Deno.writeTextFileSync(file, LEAVES);
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", RUN, file],
        env: { NO_COLOR: "1" },
        stdin: "null",
        stdout: "piped",
        stderr: "null",
      }).spawn();
      let output = "";
      const reading = child.stdout.pipeThrough(new TextDecoderStream())
        .pipeTo(new WritableStream({ write: (text) => void (output += text) }));
      const [line] = await until("it runs", () => /^\{.*\}$/m.exec(output));
      const left: { folder: string; pid: number } = JSON.parse(line);
      assert(exists(left.folder) && exists(`/proc/${left.pid}`));
      child.kill(signal);
      assertEquals((await child.status).code, 128 + number);
      await reading;
      assert(!exists(left.folder));
      await until("it is ended", () => !exists(`/proc/${left.pid}`));
    },
  );
}
