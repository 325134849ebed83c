// What an agent does while the process has no descriptor left: prints the error
// of connect(), that of reconnect(), the kinds of some beats, and how many
// descriptors are open more than before. The argument is the observer's path.

import type { SystemError } from "../../../ffi/failure.ts";
import { Status, Varta } from "../../../mod.ts";
import { withoutDescriptors } from "../../support/exhaustion.ts";
import { TestObserver } from "../../support/observer.ts";
import { openDescriptors } from "../../support/process.ts";

const observer = new TestObserver(Deno.args[0]);
const agent = Varta.connect(observer.path, { reconnectAfter: 1 });
const before = openDescriptors();
const kinds: string[] = [];
const beat = () => kinds.push(agent.beat(Status.Ok).kind);

function errorOf(action: () => void) {
  try {
    action();
  } catch (error) {
    const { message, errno, code, syscall } = error as SystemError;
    return { message, errno, code, syscall };
  }
}

const errors = withoutDescriptors(() => {
  const errors = [
    errorOf(() => Varta.connect(observer.path)),
    errorOf(() => agent.reconnect()),
  ];
  beat(); // by the old socket
  while (agent.beat(Status.Ok).kind === "sent");
  beat(); // dropped, and its reconnect fails
  observer.receiveAll();
  beat();
  return errors;
});
const added = openDescriptors().length - before.length;
Varta.connect(observer.path).close();
console.log(JSON.stringify({ errors, kinds, added }));
