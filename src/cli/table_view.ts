import { render } from "./line.ts";
import { Roster } from "./roster.ts";
import { Terminal } from "./terminal.ts";
import type { View } from "./view.ts";
import type { WatchEvent } from "./watch_event.ts";
import { watchScreen } from "./watch_screen.ts";

/** The time from one picture to the next, in ms. */
const PERIOD = 100;

/** Shows a table of agents in a terminal, in place. */
export class TableView implements View {
  readonly ended: Promise<void>;
  readonly #path: string;
  readonly #roster = new Roster();
  readonly #terminal = new Terminal();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(path: string) {
    this.#path = path;
    const failure = Promise.withResolvers<never>();
    const draw = () => this.#draw().catch(failure.reject);
    this.ended = Promise.race([this.#terminal.quit, failure.promise]);
    this.#timer = setInterval(draw, PERIOD);
    draw();
  }

  show(event: WatchEvent): Promise<void> {
    this.#roster.note(event, performance.now());
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#terminal.leave();
  }

  async #draw(): Promise<void> {
    const { size } = this.#terminal;
    const lines = watchScreen(
      this.#path,
      this.#roster,
      performance.now(),
      size.rows,
    );
    await this.#terminal.draw(
      lines.map((line) => render(line, size.columns, !Deno.noColor)),
      size,
    );
  }
}
