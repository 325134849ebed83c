const OBSERVER = import.meta.resolve("../support/observer.ts");

/** An observer in a process of its own, which can be killed. */
export class ObserverProcess {
  readonly #child: Deno.ChildProcess;
  readonly #output: ReadableStreamDefaultReader<string>;
  #unread = "";

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#output = child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
  }

  /** Starts one that receives at `path`. */
  static async start(path: string): Promise<ObserverProcess> {
    const code = `
      import { TestObserver } from "${OBSERVER}";
      const observer = new TestObserver("${path}");
      console.log("ready");
      setInterval(() => {
        for (const { nonce } of observer.receiveAll()) console.log(nonce);
      }, 1);`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-config", "--ext=ts", code],
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const observer = new ObserverProcess(child);
    const line = await observer.#readLine();
    if (line !== "ready") throw new Error(`The observer says ${line}`);
    return observer;
  }

  /** The nonces of the next `count` beats. */
  async receive(count: number): Promise<bigint[]> {
    const nonces: bigint[] = [];
    while (nonces.length < count) {
      nonces.push(BigInt((await this.#readLine()).replace("n", "")));
    }
    return nonces;
  }

  /** Ends it without a word. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await this.#output.cancel();
  }

  async #readLine(): Promise<string> {
    let end: number;
    while ((end = this.#unread.indexOf("\n")) === -1) {
      const { done, value } = await this.#output.read();
      if (done) throw new Error("The observer's process ended");
      this.#unread += value;
    }
    const line = this.#unread.slice(0, end);
    this.#unread = this.#unread.slice(end + 1);
    return line;
  }
}
