import type { WatchEvent } from "./watch_event.ts";
import { TextOutput } from "./text_output.ts";
import type { View } from "./view.ts";

/** Shows each event as a line. */
export class LineView implements View {
  readonly ended: Promise<void> = new Promise(() => {});
  readonly #output = new TextOutput();
  readonly #format: (event: WatchEvent, now: Date) => string;

  constructor(format: (event: WatchEvent, now: Date) => string) {
    this.#format = format;
  }

  show(event: WatchEvent): Promise<void> {
    return this.#output.write(`${this.#format(event, new Date())}\n`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
