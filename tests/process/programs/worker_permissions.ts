// Prints what an attempt to beat to the path in the first argument results in, in
// a Worker with each of the permissions in the second, a JSON array.

const results: string[] = [];
for (const permissions of JSON.parse(Deno.args[1])) {
  const worker = new Worker(import.meta.resolve("./attempt_worker.ts"), {
    type: "module",
    deno: { permissions },
  });
  results.push(
    await new Promise((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => resolve(message);
    }),
  );
  worker.terminate();
}
console.log(JSON.stringify(results));
