// Sends 5,000 beats, and then between two calls of close(-1), which a trace
// shows, as many as the second argument says. The first is the observer's path.

import { libc } from "../../ffi/libc.ts";
import { Status, Varta } from "../../mod.ts";
import { TestObserver } from "./observer.ts";

const [path, beats] = Deno.args;
const observer = new TestObserver(path);
const agent = Varta.connect(path);

function sendBeats(count: number): void {
  for (let i = 0; i < count; i++) {
    agent.beat(Status.Ok, i);
    observer.receiveWords();
  }
}

sendBeats(5_000);
libc().close(-1);
sendBeats(Number(beats));
libc().close(-1);
