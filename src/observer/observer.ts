import type { FileStatus } from "../../ffi/receiving/file_status.ts";
import { checkObject, invalidOption } from "../_invalid_option.ts";
import { socketPath } from "../endpoint/_unix.ts";
import type { VlpVersion } from "../frame/frame.ts";
import { bindSocket, removeFile } from "./_bind.ts";
import { Loop, ObservationQueue } from "./_loop.ts";
import { NonceOrder } from "./_nonce_order.ts";
import { Reader } from "./_reader.ts";
import { StallQueue } from "./_stalls.ts";
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
  /**
   * The release of `varta-watch` whose rule decides which frames of version 2 are
   * `"OutOfOrder"`, see {@linkcode Rejection.reason}. 0.2.0 is the newest one that
   * is published.
   *
   * @default {"0.2.0"}
   */
  release?: "0.2.0" | "0.3.0";
}

/**
 * Receives the beats of the agents on this host at a path.
 *
 * {@linkcode Observer.receive} returns the next observation without waiting, a
 * `for await` loop gets each one when it is received, and
 * {@linkcode Observer.stalls} reports the agents whose beats stop. All three can be
 * used together. A loop gets every observation that is read from the call that
 * creates it until its end, also those that `receive` returns. From its first
 * `next()` on, the observer reads for it, which keeps the process alive.
 *
 * A loop stores up to 1,024 observations that its `next()` has not returned yet.
 * Then the observer stops reading, also for `receive` and its other loops, until
 * that loop continues or ends. Meanwhile beats are dropped as `"kernel-queue-full"`.
 * `break`, an error in the body, and `return()` end a loop. One that is abandoned
 * ends when it is garbage-collected, which may take long. While any loop runs, all
 * observers of a thread together use one of Deno's pool threads.
 *
 * When a `Worker` ends, its observers are closed. Their files remain, and the next
 * observer replaces them. With musl, a `Worker` must close its observers itself.
 * Otherwise they stay open until the process ends.
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
   * killed, it is replaced. If several observers do that at once, a lock ensures
   * that one of them gets the path and the others throw. The lock is a directory at
   * `path` with `.lock` at its end, which exists for some milliseconds.
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
   * contains a NUL, or is not well-formed Unicode, or an option has a wrong type.
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
   * observer of this user has been replacing it for more than 30 ms.
   * @throws {Deno.errors.NotFound} If the directory does not exist.
   * @throws {Error} If the system refuses for another reason. Every error of the
   * system has `errno`, `code` and `syscall`.
   */
  static bind(path: string | URL, options: ObserverOptions = {}): Observer {
    const name = socketPath(path, "bind");
    const action = `bind to ${JSON.stringify(name)}`;
    checkObject(action, "options", options);
    const { mode = 0o600, version, release = "0.2.0" } = options;
    if (!Number.isInteger(mode) || mode < 0 || mode > 0o777) {
      const expected = "an integer from 0 to 0o777";
      throw invalidOption(action, "mode", expected, mode, "number");
    }
    if (version !== undefined && version !== 1 && version !== 2) {
      throw invalidOption(action, "version", "1 or 2", version, "number");
    }
    if (release !== "0.2.0" && release !== "0.3.0") {
      const expected = '"0.2.0" or "0.3.0"';
      throw invalidOption(action, "release", expected, release, "string");
    }
    const { socket, file } = bindSocket(name, mode);
    const order = new NonceOrder(release);
    return new Observer(name, file, new Reader(name, socket, version, order));
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
   * It gets those that are read from this call on.
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
    return new Loop(this.#reader, new ObservationQueue(this.#reader));
  }

  /**
   * Reports agents whose beats stop, or start again, and agents that have ended:
   * those whose terminal frame was received, after which silence is not a stall.
   * Each change is reported once.
   *
   * An agent is known by its pid, from its first beat on. Rejected datagrams do not
   * count, for example beats that are out of order. Before an agent is reported as
   * stalled, the kernel's queue is read, or in a flood the next 4,096 datagrams, so
   * that a beat that was in the queue in time is counted. 16,384 agents are
   * remembered; while there are so many, another one is ignored. So many silent ones
   * are remembered too; the return of one that is forgotten is not reported.
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
   * @param threshold The silence that is a stall, in ms, at most 2^31 − 1.
   * @returns The iterator of a `for await` loop, like that of the observer itself.
   * @throws {TypeError} If `threshold` is not a number.
   * @throws {RangeError} If `threshold` is out of range.
   */
  stalls(threshold: number): AsyncIterableIterator<StallChange> {
    return new Loop(this.#reader, new StallQueue(this.#reader, threshold));
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
