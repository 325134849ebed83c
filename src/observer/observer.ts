import type { FileStatus } from "../../ffi/receiving/file_status.ts";
import { socketPath } from "../endpoint/_unix.ts";
import { protocolOf } from "../frame/_protocol.ts";
import type { VlpVersion } from "../frame/frame.ts";
import { bindSocket, removeFile } from "./_bind.ts";
import { ObservationLoop } from "./_loop.ts";
import { Reader } from "./_reader.ts";
import { StallLoop } from "./_stalls.ts";
import type { Observation, StallChange } from "./observation.ts";

/** Options of {@linkcode Observer.bind}. */
export interface ObserverOptions {
  /**
   * The permission bits of the socket's file, from 0 to 0o777, regardless of the
   * umask. An agent needs the right to write. The directory must not be writable
   * by other users: they could replace the file before it gets its mode.
   *
   * A process with the right to write can fill the queue, so that the beats of
   * others are dropped. On Linux before 6.16, it can also stop this observer from
   * reading for as long as it likes, by a datagram with a descriptor that takes
   * long to close. Another thread closes it, so nothing else is blocked, but this
   * process does not end by itself until it is closed.
   *
   * @default {0o600}
   */
  mode?: number;
  /** The only version of the protocol to accept; by default either. */
  version?: VlpVersion;
}

/**
 * Receives the beats of the agents on this host at a path.
 *
 * {@linkcode Observer.receive} returns the next observation without waiting, a
 * `for await` loop gets each one when it is received, and
 * {@linkcode Observer.stalls} reports the agents whose beats stop. All three can be
 * used together. A loop gets every observation from its first `next()` until its
 * end, also those that `receive` returns. It keeps the process alive.
 *
 * A loop stores up to 1,024 observations that its `next()` has not returned yet.
 * Then the observer stops reading, for all of its loops, until that loop continues
 * or is left. Meanwhile the kernel's queue fills, and the beats of agents are
 * dropped as `"kernel-queue-full"`.
 *
 * While any loop runs, all observers of a thread together use one of Deno's pool
 * threads, which sleeps until a datagram arrives.
 *
 * When a `Worker` ends, its observers are closed. Their files remain, and the next
 * observer replaces them. With more than 1,024 observers in a process, or with
 * glibc before 2.34, a `Worker` must close them itself. Otherwise they stay open
 * until the process ends.
 *
 * @example Receive a beat
 * ```ts
 * import { Status, Varta } from "@varta/client";
 * import { Observer } from "@varta/client/observer";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `/tmp/varta-${Deno.pid}.sock`;
 * using observer = Observer.bind(path);
 * using agent = Varta.connect(path, { version: 2 });
 * agent.beat(Status.Ok);
 *
 * const observation = observer.receive();
 *
 * assertEquals(observation?.kind, "beat");
 * ```
 */
export class Observer implements Disposable, AsyncIterable<Observation> {
  readonly #path: string;
  readonly #file: FileStatus;
  readonly #reader: Reader;

  private constructor(path: string, file: FileStatus, reader: Reader) {
    this.#path = path;
    this.#file = file;
    this.#reader = reader;
  }

  /**
   * Creates a socket at `path` and receives what is sent to it.
   *
   * If the file of a closed socket is there, for example because its process was
   * killed, it is replaced. If several observers do that at once, a lock on the
   * directory (`flock`) ensures that one of them gets the path and the others throw.
   *
   * @example Bind a path with a mode
   * ```ts
   * import { Observer } from "@varta/client/observer";
   * import { assertThrows } from "@std/assert";
   *
   * const path = `/tmp/varta-${Deno.pid}.sock`;
   * using observer = Observer.bind(path, { mode: 0o660 });
   *
   * assertThrows(() => Observer.bind(path), Deno.errors.AddrInUse);
   * ```
   *
   * @param path The path that agents connect to. A relative path is resolved
   * again by `close`, which leaves the file if the working directory has changed.
   * @param options The mode of the socket, and the version to accept.
   * @returns The observer.
   * @throws {TypeError} If `path` is neither a string nor a `file:` URL, is empty,
   * contains a NUL, or is not well-formed Unicode.
   * @throws {RangeError} If `path` is too long for a socket address (107 bytes on
   * Linux, 103 on macOS and the BSDs), or an option is out of range.
   * @throws {Deno.errors.NotCapable} If FFI permission is missing.
   * @throws {Deno.errors.NotSupported} If the system has no Unix datagram sockets.
   * @throws {Deno.errors.AddrInUse} If another observer, or a socket of another
   * kind, receives at `path`.
   * @throws {Deno.errors.AlreadyExists} If there is a file at `path` that is not a
   * socket. A symbolic link is such a file, even if it leads to a socket.
   * @throws {Deno.errors.PermissionDenied} If the user cannot write to the
   * directory, or to a socket at `path`, so that it may be in use.
   * @throws {Deno.errors.WouldBlock} If a socket is to be replaced, and another
   * program keeps the directory locked for more than 30 ms.
   * @throws {Deno.errors.NotFound} If the directory does not exist.
   * @throws {Error} If the system refuses for another reason. Every error of the
   * system has `errno`, `code` and `syscall`.
   */
  static bind(path: string | URL, options: ObserverOptions = {}): Observer {
    const name = socketPath(path, "bind");
    const { mode = 0o600, version } = options;
    checkOptions(name, mode, version);
    const { socket, file } = bindSocket(name, mode);
    return new Observer(name, file, new Reader(name, socket, version));
  }

  /**
   * Receives the next observation, without waiting.
   *
   * It does not return what a loop has received already. Every loop gets what it
   * returns.
   *
   * @example Receive nothing
   * ```ts
   * import { Observer } from "@varta/client/observer";
   * import { assertEquals } from "@std/assert";
   *
   * using observer = Observer.bind(`/tmp/varta-${Deno.pid}.sock`);
   *
   * assertEquals(observer.receive(), null);
   * ```
   *
   * @returns The observation, or `null` if there is none, or if a loop is full.
   * @throws {Deno.errors.BadResource} If the observer is closed.
   * @throws {Error} If the system refuses, with `errno`, `code` and `syscall`.
   */
  receive(): Observation | null {
    if (this.#reader.isClosed) {
      throw new Deno.errors.BadResource(
        `Cannot receive at ${
          JSON.stringify(this.#path)
        }: the observer is closed`,
      );
    }
    return this.#reader.read();
  }

  /**
   * Returns the iterator of a `for await` loop over the observations. The loop ends
   * when the observer is closed; observations that it has not got by then are lost.
   *
   * @example Receive beats in a loop
   * ```ts
   * import { Status, Varta } from "@varta/client";
   * import { Observer } from "@varta/client/observer";
   * import { assertEquals } from "@std/assert";
   *
   * const path = `/tmp/varta-${Deno.pid}.sock`;
   * using observer = Observer.bind(path);
   * using agent = Varta.connect(path, { version: 2 });
   * setTimeout(() => agent.beat(Status.Ok), 10);
   *
   * for await (const { kind } of observer) {
   *   assertEquals(kind, "beat");
   *   observer.close(); // ends the loop
   * }
   * ```
   *
   * @returns The iterator. If you call its `next()` yourself, end it with its
   * `return()`. If the system refuses, `next()` rejects with its error.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Observation> {
    return new ObservationLoop(this.#reader);
  }

  /**
   * Reports agents whose beats stop, or start again, and agents that have ended:
   * those whose terminal frame was received, after which silence is not a stall.
   * Each change is reported once.
   *
   * An agent is known by its pid, from its first beat on. Rejected datagrams do not
   * count, for example beats that are out of order. The kernel's queue is read
   * before an agent is reported as stalled. 16,384 silent agents are remembered;
   * the return of one that is forgotten is not reported.
   *
   * @example Wait for a stall
   * ```ts
   * import { Status, Varta } from "@varta/client";
   * import { Observer } from "@varta/client/observer";
   * import { assertEquals } from "@std/assert";
   *
   * const path = `/tmp/varta-${Deno.pid}.sock`;
   * using observer = Observer.bind(path);
   * using agent = Varta.connect(path, { version: 2 });
   * agent.beat(Status.Ok);
   *
   * const kinds: string[] = [];
   * for await (const { kind } of observer.stalls(50)) {
   *   kinds.push(kind);
   *   if (kind === "returned") break;
   *   agent.beat(Status.Ok);
   * }
   *
   * assertEquals(kinds, ["stalled", "returned"]);
   * ```
   *
   * @param threshold The silence that is a stall, in ms.
   * @returns The iterator of a `for await` loop, like that of the observer itself.
   * @throws {RangeError} If `threshold` is not above 0 and below 2^31.
   */
  stalls(threshold: number): AsyncIterableIterator<StallChange> {
    return new StallLoop(this.#reader, threshold);
  }

  /**
   * Removes the file of the socket, unless another file is at the path by now, and
   * ends every loop. Closing a closed observer does nothing.
   *
   * An observer that is garbage-collected without it is closed too, but its file
   * remains. The next observer at the path replaces it.
   *
   * @example Close an observer
   * ```ts
   * import { Observer } from "@varta/client/observer";
   * import { assertThrows } from "@std/assert";
   *
   * const path = `/tmp/varta-${Deno.pid}.sock`;
   * const observer = Observer.bind(path);
   * observer.close();
   *
   * assertThrows(() => Deno.statSync(path), Deno.errors.NotFound);
   * assertThrows(() => observer.receive(), Deno.errors.BadResource);
   * ```
   */
  close(): void {
    if (this.#reader.isClosed) return;
    // While the socket is open, so that no other observer replaces the file.
    removeFile(this.#path, this.#file);
    this.#reader.close();
  }

  /**
   * Closes the observer at the end of the block that declares it with `using`.
   *
   * @example Close an observer at the end of a block
   * ```ts
   * import { Observer } from "@varta/client/observer";
   * import { assertThrows } from "@std/assert";
   *
   * const path = `/tmp/varta-${Deno.pid}.sock`;
   * {
   *   using observer = Observer.bind(path);
   * }
   *
   * assertThrows(() => Deno.statSync(path), Deno.errors.NotFound);
   * ```
   */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Returns the text that `console.log` shows.
   *
   * @ignore
   */
  [Symbol.for("Deno.customInspect")](): string {
    const state = this.#reader.isClosed ? ", closed" : "";
    return `Observer { ${JSON.stringify(this.#path)}${state} }`;
  }
}

/** Throws a RangeError if an option is out of range. */
function checkOptions(
  path: string,
  mode: number,
  version: VlpVersion | undefined,
): void {
  const rangeError = (rule: string, value: unknown) =>
    new RangeError(
      `Cannot bind to ${JSON.stringify(path)}: ${rule}: received ${
        Deno.inspect(value)
      }`,
    );
  if (!Number.isInteger(mode) || mode < 0 || mode > 0o777) {
    throw rangeError("mode must be an integer from 0 to 0o777", mode);
  }
  if (version !== undefined && protocolOf(version) === undefined) {
    throw rangeError("version must be 1 or 2", version);
  }
}
