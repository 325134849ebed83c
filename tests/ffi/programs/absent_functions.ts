// Observes a beat, in the main thread and in a Worker, with a C library that lacks the
// functions that the arguments name after a path. Prints what each thread sees.

const [path, ...absent] = Deno.args;
const isWorker = "DedicatedWorkerGlobalScope" in globalThis;

// dlsym(3) looks for another name, which no library has.
const { dlopen } = Deno;
Object.assign(Deno, {
  dlopen: (library: string, symbols: Record<string, Deno.ForeignFunction>) =>
    dlopen(
      library,
      Object.fromEntries(
        Object.entries(symbols).map(([name, symbol]) => [
          name,
          absent.includes(name) ? { ...symbol, name: "varta_absent" } : symbol,
        ]),
      ),
    ),
});

const { fileStatus } = await import("../../../ffi/receiving/file_status.ts");
const { Status, Varta } = await import("../../../mod.ts");
const { Observer } = await import("../../../src/observer/mod.ts");

async function observe(path: string): Promise<unknown[]> {
  try {
    await using observer = Observer.bind(path, { mode: 0o620 });
    using agent = Varta.connect(path);
    agent.beat(Status.Ok, 7);
    const observation = observer.receive();
    const file = fileStatus(path);
    const none = fileStatus(`${path}.none`);
    return [
      observation?.kind === "beat" && Number(observation.frame.payload),
      "type" in file && [file.type, file.permissions.toString(8)],
      "errno" in none && none.errno,
    ];
  } catch (error) {
    return [String(error)];
  }
}

if (isWorker) {
  (globalThis as unknown as Worker).postMessage(
    await observe(`${path}.worker`),
  );
} else {
  const result = await observe(path);
  const worker = new Worker(import.meta.url, { type: "module" });
  worker.onmessage = ({ data }) => {
    worker.terminate();
    console.log(JSON.stringify([result, data]));
  };
}
