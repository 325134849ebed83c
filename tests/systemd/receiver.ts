import { isFailure } from "../../ffi/failure.ts";
import { BoundSocket } from "../../ffi/receiving/bound_socket.ts";
import { createDatagramBuffer } from "../../ffi/receiving/datagram_buffer.ts";
import { abstractAddress, unixAddress } from "../../ffi/socket_address.ts";
import { system } from "../../ffi/system.ts";
import { TestFolder } from "../support/test_folder.ts";

/** A datagram that a service manager receives. */
export interface Notification {
  readonly text: string;
  /** The sender according to the kernel. */
  readonly pid: number | undefined;
}

// One word more than systemd reads, so that a longer datagram shows.
const buffer = createDatagramBuffer(4096 + 4);
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A socket that receives notifications, as systemd does. */
export class Receiver implements Disposable {
  /** The address, as `NOTIFY_SOCKET` has it. */
  readonly name: string;
  #socket: BoundSocket | undefined;

  constructor(name: string) {
    this.name = name;
    this.start();
  }

  start(): void {
    const socket = BoundSocket.bind(
      this.name.startsWith("@")
        ? abstractAddress(this.name.slice(1))
        : unixAddress(this.name),
    );
    if (isFailure(socket)) {
      throw new Error(`Cannot bind ${this.name}: errno ${socket.errno}`);
    }
    this.#socket = socket;
  }

  /** Closes the socket. The file of a path remains, as after a crash. */
  stop(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** Removes the file of a path. */
  removeFile(): void {
    if (this.name.startsWith("/")) Deno.removeSync(this.name);
  }

  restart(): void {
    this.stop();
    this.removeFile();
    this.start();
  }

  /** Returns the next datagram, or `undefined` if none is queued. */
  receive(): Notification | undefined {
    const length = this.#socket!.receive(buffer);
    if (isFailure(length)) {
      if (length.errno === system.errno.EAGAIN) return undefined;
      throw new Error(`Cannot receive: errno ${length.errno}`);
    }
    const text = decoder.decode(buffer.bytes.subarray(0, length));
    return { text, pid: buffer.sender?.pid };
  }

  /** Receives all datagrams that are queued, without allocating. */
  drain(): void {
    while (!isFailure(this.#socket!.receive(buffer)));
  }

  /** Returns the texts of all datagrams that are queued. */
  receiveTexts(): string[] {
    const texts: string[] = [];
    for (let next; (next = this.receive());) texts.push(next.text);
    return texts;
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}

/** Environment variables, as they were before at the end of the block. */
export class Environment implements Disposable {
  readonly #before = new Map<string, string | undefined>();

  constructor(variables: Record<string, string | undefined>) {
    for (const name of Object.keys(variables)) {
      this.#before.set(name, Deno.env.get(name));
    }
    setVariables(Object.entries(variables));
  }

  [Symbol.dispose](): void {
    setVariables(this.#before);
  }
}

function setVariables(
  variables: Iterable<[name: string, value: string | undefined]>,
): void {
  for (const [name, value] of variables) {
    if (value === undefined) Deno.env.delete(name);
    else Deno.env.set(name, value);
  }
}

/** A receiver that `NOTIFY_SOCKET` names, for the length of a block. */
export class Manager extends Receiver {
  readonly #folder: TestFolder;
  readonly #environment: Environment;

  constructor(kind: "path" | "abstract" = "path") {
    const folder = new TestFolder();
    const path = folder.file("notify");
    super(kind === "path" ? path : `@${path}`);
    this.#folder = folder;
    this.#environment = new Environment({ NOTIFY_SOCKET: this.name });
  }

  override [Symbol.dispose](): void {
    this.#environment[Symbol.dispose]();
    super[Symbol.dispose]();
    this.#folder[Symbol.dispose]();
  }
}
