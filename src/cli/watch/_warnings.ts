import { fileStatus } from "../../../ffi/receiving/file_status.ts";
import { isFailure } from "../../../ffi/failure.ts";
import { readProcFile } from "../../../ffi/process/proc.ts";
import { formatAgo, formatDuration } from "./_table.ts";

/** The time between two updates, in ms. */
export const INTERVAL = 200;

/** From so many ms, lateness is worth a warning. */
const LATE = 1_000;

/** How long a warning is shown after its cause, in ms. */
const DURATION = 60_000;

export const NO_FILE =
  "The socket's file was removed: no new agent finds it. Start watch again.";

/** The time between two looks at the socket's file, in ms. */
const LOOK_INTERVAL = 1_000;

/** How many beats an observer reads in a row, before others have their turn. */
const MAX_BURST = 256;

/** The limit of the kernel's queue, which a socket has from its creation on. */
const QUEUE_LIMIT = "net.unix.max_dgram_qlen";

/**
 * Knows what keeps `watch` itself from seeing beats, so that its user does not
 * take that for a fault of the agents. Each time is given, in ms.
 */
export class Warnings {
  /** Why the log cannot be written, if so. */
  logFailure = "";
  readonly #path: string;
  readonly #file: string | undefined;
  readonly #limit = Number(
    readProcFile(`/proc/sys/${QUEUE_LIMIT.replaceAll(".", "/")}`),
  );
  #hasFile = true;
  #lookedAt = 0;
  #updatedAt: number;
  #late = { by: 0, at: -Infinity };
  #full = { times: 0, at: -Infinity };
  #burst = 0;

  /** @param path The path of a socket that has just been bound. */
  constructor(path: string, now: number) {
    this.#path = path;
    this.#updatedAt = now;
    this.#file = identityOf(path);
  }

  /** Whether the socket's file is still there. */
  get hasFile(): boolean {
    return this.#hasFile;
  }

  /** Notes that a datagram was read. */
  receive(now: number): void {
    // A timer runs only when all that have been read in a row are noted.
    if (this.#burst++ === 0) setTimeout(() => this.#burst = 0);
    if (this.#burst !== Math.min(this.#limit, MAX_BURST)) return;
    this.#full = { times: this.#full.times + 1, at: now };
  }

  /** Notes that `watch` had its turn, which should be after `INTERVAL`. */
  update(now: number): void {
    const by = now - this.#updatedAt - INTERVAL;
    this.#updatedAt = now;
    if (by >= LATE) this.#late = { by, at: now };
    if (now - this.#lookedAt < LOOK_INTERVAL) return;
    this.#lookedAt = now;
    this.#hasFile = identityOf(this.#path) === this.#file;
  }

  /** Returns the lines to show, the worst first. */
  lines(now: number): string[] {
    const isLate = now - this.#late.at < DURATION;
    const isFull = now - this.#full.at < DURATION;
    const { by, at } = this.#late;
    const { times, at: fullAt } = this.#full;
    const causes = [
      isLate && `watch was ${formatDuration(by)} late, ${formatAgo(now - at)}`,
      isFull &&
      `the kernel's queue was full ${
        times === 1 ? "once" : `${times} times`
      }, last ${formatAgo(now - fullAt)}`,
    ];
    return [
      !this.#hasFile && NO_FILE,
      (isLate || isFull) && `${causes.filter(Boolean).join("; ")}:`,
      (isLate || isFull) &&
      "beats that are lost here are not lost by the agents.",
      isFull && `The limit is ${QUEUE_LIMIT} (${this.#limit}) at the start.`,
      this.logFailure,
    ].flatMap((line) => line || []);
  }
}

/** Which file is at a path; `undefined` if none is. */
function identityOf(path: string): string | undefined {
  const status = fileStatus(path);
  return isFailure(status) ? undefined : status.identity;
}
