import { MODULE } from "../../support/process.ts";
import { TestObserver } from "../../support/observer.ts";
import type { Figure } from "./figure.ts";
import { median } from "./paired.ts";

const RUNS = 30;

/** What import and connect add to an empty script, and a second connect. */
export async function measureStartup(folder: string): Promise<Figure[]> {
  using observer = new TestObserver(`${folder}/startup`);
  const empty = `${folder}/empty.ts`;
  const connects = `${folder}/connects.ts`;
  Deno.writeTextFileSync(empty, "");
  Deno.writeTextFileSync(
    connects,
    `import { Varta } from "${MODULE}";
     globalThis.kept = Varta.connect("${observer.path}");`,
  );
  const scripts = [empty, connects];
  const times: number[][] = [[], []];
  for (let run = 0; run < RUNS; run++) {
    for (const i of run % 2 === 0 ? [0, 1] : [1, 0]) {
      const start = performance.now();
      await runScript(scripts[i]);
      times[i].push(performance.now() - start);
    }
  }
  const seconds: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    seconds.push(Number(
      await runScript(
        connects,
        `const start = performance.now();
       Varta.connect("${observer.path}");
       console.log((performance.now() - start) * 1e3);`,
      ),
    ));
  }
  return [{
    name: "import and first connect, above an empty script",
    value: median(times[1]) - median(times[0]),
    bound: 8,
    unit: " ms",
  }, {
    name: "second connect",
    value: median(seconds),
    bound: 50,
    unit: " µs",
  }];
}

async function runScript(path: string, more = ""): Promise<string> {
  const script = more === "" ? path : `${path}.more.ts`;
  if (more !== "") {
    Deno.writeTextFileSync(script, Deno.readTextFileSync(path) + more);
  }
  const { stdout, success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-config", "--allow-ffi", script],
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
