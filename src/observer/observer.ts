import type { FileStatus } from "../../ffi/receiving/file_status.ts";
import { Waiter } from "../../ffi/receiving/poller.ts";
import { socketPath } from "../endpoint/_socket_path.ts";
import { bindError, bindSocket, removeSocketFile } from "./bind_socket.ts";
import { Loop } from "./loop.ts";
import type { Observation } from "./observation.ts";
import { checkOptions, type ObserverOptions } from "./observer_options.ts";
import { type Listener, Reader } from "./reader.ts";
import type { StallChange } from "./stall_change.ts";
import { stallLoop } from "./stall_loop.ts";

/**
 * Receives the beats of this host's agents at a path.
 *
 * There are three ways to hear of them, and they can be used at once:
 * {@linkcode Observer.receive} takes the next observation, without waiting; a
 * `for await` loop gets them as they come; {@linkcode Observer.stalls} tells of
 * the agents whose beats stop. Every loop gets every observation that comes while
 * it runs, from its first `next()` until it is left or the observer is closed;
 * those that `receive` takes as well. While a loop runs, it keeps the process
 * alive.
 *
 * A loop that does not keep up is given 1,024 observations of leeway. Then the
 * observer reads no more, for none of its loops: the kernel's queue fills, and
 * agents see their beats dropped as `"kernel-queue-full"`, until that loop goes
 * on or is left.
 *
 * A `Worker` must close its observer before it ends: no collector does, and its
 * socket would go on taking beats that nobody reads.
 *
 * @example
 * ```ts
 * import { Status, Varta } from "@varta/client";
 * import { Observer } from "@varta/client/observer";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `/tmp/varta-${Deno.pid}.sock`;
 * using observer = Observer.bind(path);
 * using agent = Varta.connect(path);
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
   * Makes a socket at `path`, and receives what is sent there.
   *
   * A socket that nobody receives at any more, as a killed observer leaves it, is
   * replaced. Observers that bind the same path at once settle it by a lock on
   * its directory (`flock`), so that one of them has it in the end, and the others
   * are told.
   *
   * @throws {TypeError} Where `path` is neither a string nor a `file:` URL, is
   * empty, holds a NUL, or is not well-formed Unicode.
   * @throws {RangeError} Where `path` is too long for a socket address (107
   * bytes on Linux, 103 on macOS and the BSDs), or an option is out of range.
   * @throws {Deno.errors.NotCapable} Where FFI permission is missing.
   * @throws {Deno.errors.NotSupported} Where the system has no Unix datagram
   * sockets.
   * @throws {Deno.errors.AddrInUse} Where another observer receives at `path`, or
   * a socket of another kind does.
   * @throws {Deno.errors.AlreadyExists} Where something is there that is no
   * socket: a symbolic link, even one that leads to a socket, is none.
   * @throws {Deno.errors.PermissionDenied} Where the directory may not be
   * written, or a socket is there that may not be asked whether it is in use.
   * @throws {Deno.errors.NotFound} Where there is no such directory.
   * @throws {Error} Where the system refuses otherwise. Every error of the
   * system has `errno`, `code` and `syscall`.
   *
   * @example
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
   * @param path Where agents connect to. Of a relative one, the directory that is
   * current now must be so at `close`, or the file is left.
   * @param options The socket's mode, and the version that is accepted.
   * @returns The observer.
   */
  static bind(path: string | URL, options: ObserverOptions = {}): Observer {
    const name = socketPath(path, "bind");
    const { mode = 0o600, version } = options;
    checkOptions(name, mode, version);
    const waiter = Waiter.open();
    if (!(waiter instanceof Waiter)) throw bindError(name, waiter);
    try {
      const { socket, file } = bindSocket(name, mode);
      return new Observer(
        name,
        file,
        new Reader(name, socket, waiter, version),
      );
    } catch (error) {
      waiter.close();
      throw error;
    }
  }

  /**
   * Takes the next observation off the socket, without waiting.
   *
   * What a loop has read is not given again here; what is taken here, every loop
   * gets as well.
   *
   * @throws {Deno.errors.BadResource} Where the observer is closed.
   * @throws {Error} Where the system refuses, with `errno`, `code` and `syscall`.
   *
   * @example
   * ```ts
   * import { Observer } from "@varta/client/observer";
   * import { assertEquals } from "@std/assert";
   *
   * using observer = Observer.bind(`/tmp/varta-${Deno.pid}.sock`);
   *
   * assertEquals(observer.receive(), null);
   * ```
   *
   * @returns The observation; `null` where none has come, or where a loop is too
   * far behind to get it.
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
   * Gives observations as they come, until the observer is closed; what a loop
   * has not been given by then is lost.
   *
   * Waiting takes no processor time: a thread sleeps in `poll` meanwhile.
   *
   * @example
   * ```ts
   * import { Status, Varta } from "@varta/client";
   * import { Observer } from "@varta/client/observer";
   * import { assertEquals } from "@std/assert";
   *
   * const path = `/tmp/varta-${Deno.pid}.sock`;
   * using observer = Observer.bind(path);
   * using agent = Varta.connect(path);
   * setTimeout(() => agent.beat(Status.Ok), 10);
   *
   * for await (const { kind } of observer) {
   *   assertEquals(kind, "beat");
   *   observer.close(); // ends the loop
   * }
   * ```
   *
   * @returns The iterator of a `for await` loop. Who calls its `next()` by hand
   * ends it by its `return()`; a `next()` rejects with the system's error where
   * that refuses.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Observation> {
    const reader = this.#reader;
    const loop: Loop<Observation> = new Loop({
      start: () => reader.add(listener),
      resume: () => reader.resume(),
      stop: () => reader.remove(listener),
    });
    const listener: Listener = {
      get isFull() {
        return loop.isFull;
      },
      hear: (observation) => loop.push(observation),
      end: (error) => loop.end(error),
    };
    return loop;
  }

  /**
   * Tells, once each time, that an agent's beats stop, that they return, and that
   * an agent ended by its own word, the frame with the terminal nonce, after which
   * silence is no stall.
   *
   * An agent is known by its pid, from its first beat on. What lies in the
   * kernel's queue is read before anybody is called stalled. Of silent agents,
   * 16,384 are remembered; one that is forgotten returns as a new one, unsaid.
   *
   * @throws {RangeError} Where `threshold` is not above 0 and below 2^31.
   *
   * @example
   * ```ts
   * import { Status, Varta } from "@varta/client";
   * import { Observer } from "@varta/client/observer";
   * import { assertEquals } from "@std/assert";
   *
   * const path = `/tmp/varta-${Deno.pid}.sock`;
   * using observer = Observer.bind(path);
   * using agent = Varta.connect(path);
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
   * @returns The iterator of a `for await` loop, as that of the observer itself.
   */
  stalls(threshold: number): AsyncIterableIterator<StallChange> {
    return stallLoop(this.#reader, threshold);
  }

  /**
   * Removes the socket from the path, unless it is another's by now, and ends
   * every loop. Closing a closed observer does nothing. One that is dropped
   * without it gives its descriptors back when it is collected, and leaves the
   * file to the next that binds there.
   *
   * @example
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
    // While it still lives, so that nobody takes it for a dead one's in between.
    removeSocketFile(this.#path, this.#file);
    this.#reader.close();
  }

  /**
   * Closes the observer, at the end of the block that declares it with `using`.
   *
   * @example
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

  /** What `console.log` shows. */
  [Symbol.for("Deno.customInspect")](): string {
    const state = this.#reader.isClosed ? ", closed" : "";
    return `Observer { ${JSON.stringify(this.#path)}${state} }`;
  }
}
