// Runs `watch` with a defect, after its first screen. The argument says where.
import { watchCommand } from "../../../../src/cli/watch/_watch.ts";

const defects: Record<string, () => unknown> = {
  "in a timer": () => {
    throw new Error("a defect");
  },
  "in a promise": () => void Promise.reject(new Error("a defect")),
  "in a screen": () => {
    const { now } = performance;
    performance.now = () => {
      performance.now = now;
      throw new Error("a defect");
    };
  },
};

setTimeout(defects[Deno.args[0]], 500);
try {
  Deno.exit(await watchCommand.run({ values: {}, positionals: ["socket"] }));
} catch (error) {
  console.log((error as Error).message);
  Deno.exit(3);
}
