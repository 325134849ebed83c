import type { BeatOutcome } from "../agent/outcome.ts";
import { classifySendError } from "../agent/classify_send_error.ts";
import type { Status } from "../frame/status.ts";
import { Varta } from "../agent/varta.ts";
import type { VlpVersion } from "../frame/vlp_version.ts";
import { describeOutcome } from "./describe_outcome.ts";

/** What became of a beat, and that in words. */
export interface BeatReport {
  readonly kind: BeatOutcome["kind"];
  readonly text: string;
}

/**
 * Beats to an observer that need not be there yet, and may go and come back:
 * each beat connects where the last one had nobody to reach.
 */
export class Beater implements Disposable {
  readonly #path: string;
  readonly #version: VlpVersion;
  #agent: Varta | undefined;

  constructor(path: string, version: VlpVersion) {
    this.#path = path;
    this.#version = version;
  }

  /**
   * Beats once.
   *
   * @throws {TypeError} Where the path is none.
   * @throws {RangeError} Where the path is too long.
   * @throws {Error} Where there are no sockets to be had.
   */
  beat(status: Status, payload: bigint): BeatReport {
    try {
      this.#agent ??= Varta.connect(this.#path, {
        version: this.#version,
        reconnectAfter: 1,
      });
    } catch (error) {
      if (!(error instanceof Error && "errno" in error)) throw error;
      return unconnected(error as Error & { errno: number });
    }
    const outcome = this.#agent.beat(status, payload);
    return { kind: outcome.kind, text: describeOutcome(outcome) };
  }

  [Symbol.dispose](): void {
    this.#agent?.close();
  }
}

/** A beat that had no connection: an observer that is not there drops it. */
function unconnected(
  { errno, message }: Error & { errno: number },
): BeatReport {
  const outcome = classifySendError(errno);
  return outcome.kind === "dropped"
    ? { kind: "dropped", text: `dropped: ${outcome.reason}: ${message}` }
    : { kind: "failed", text: `failed: ${message}` };
}
