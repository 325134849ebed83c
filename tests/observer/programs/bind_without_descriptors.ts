// Binds the path in the first argument while this process has as many descriptors
// left as the second argument says. Prints a report.

import { Observer } from "../../../src/observer/mod.ts";
import { exists } from "../../support/until.ts";
import { withoutDescriptors } from "../../support/exhaustion.ts";
import { openDescriptors } from "../../support/process.ts";

/** What the program prints. */
export interface ExhaustionReport {
  code: string | undefined;
  /** Whether the failed call left a file, or open descriptors. */
  leftFile: boolean;
  leftDescriptors: number;
  /** Whether the path can be bound afterwards. */
  canBind: boolean;
}

if (import.meta.main) {
  const [path, spare] = Deno.args;
  const existed = exists(path);
  const before = openDescriptors();
  const spares = Array.from(
    { length: Number(spare) },
    () => Deno.openSync("/dev/null"),
  );
  const code = withoutDescriptors(() => {
    for (const file of spares) file.close();
    try {
      Observer.bind(path);
    } catch (error) {
      return (error as { code?: string }).code;
    }
  });
  const report: ExhaustionReport = {
    code,
    leftFile: !existed && exists(path),
    leftDescriptors: openDescriptors().length - before.length,
    canBind: true,
  };
  Observer.bind(path).close();
  console.log(JSON.stringify(report));
}
