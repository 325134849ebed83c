import {
  abstractAddress,
  type SocketAddress,
  unixAddress,
} from "../../ffi/socket_address.ts";
import { Receiver as DatagramReceiver } from "../support/receiver.ts";
import { TestFolder } from "../support/test_folder.ts";

/** A datagram that a service manager receives. */
export interface Notification {
  readonly text: string;
  /** The sender according to the kernel. */
  readonly pid: number | undefined;
}

const LONGEST = 4096; // bytes that systemd reads
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A socket that receives notifications, as systemd does. */
export class Receiver extends DatagramReceiver {
  /** The address, as `NOTIFY_SOCKET` has it. */
  readonly name: string;

  constructor(name: string) {
    super(LONGEST);
    this.name = name;
    this.start();
  }

  protected override get socketAddress(): SocketAddress {
    return this.name.startsWith("@")
      ? abstractAddress(this.name.slice(1))
      : unixAddress(this.name);
  }

  /** Removes the file of a path. */
  removeFile(): void {
    if (this.name.startsWith("/")) Deno.removeSync(this.name);
  }

  override restart(): void {
    this.stop();
    this.removeFile();
    this.start();
  }

  /** Returns the next datagram, or `undefined` if none is queued. */
  receive(): Notification | undefined {
    const bytes = this.receiveBytes();
    return bytes && { text: decoder.decode(bytes), pid: this.senderPid };
  }

  /** Receives all datagrams that are queued, without allocating. */
  drain(): void {
    while (this.receiveWords() !== undefined);
  }

  /** Returns the texts of all datagrams that are queued. */
  receiveTexts(): string[] {
    const texts: string[] = [];
    for (let next; (next = this.receive());) texts.push(next.text);
    return texts;
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
