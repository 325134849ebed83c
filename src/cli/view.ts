import type { WatchEvent } from "./watch_event.ts";

/** A way of showing what happens. */
export interface View extends AsyncDisposable {
  /**
   * Settles where the view itself ends the watch: the user wants it, or it can
   * show nothing any more.
   */
  readonly ended: Promise<void>;
  /** Shows an event; done once it can take another. */
  show(event: WatchEvent): Promise<void>;
}
