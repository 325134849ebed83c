// Receives beats at the path in the first argument until it is killed. Writes
// "bound", and then the nonce of each beat, as lines to the file in the second.

import { TestObserver } from "../../support/observer.ts";

const [path, log] = Deno.args;
const observer = new TestObserver(path);

function write(line: string): void {
  Deno.writeTextFileSync(log, `${line}\n`, { append: true });
}

write("bound");
setInterval(() => {
  for (const { nonce } of observer.receiveAll()) write(String(nonce));
}, 1);
