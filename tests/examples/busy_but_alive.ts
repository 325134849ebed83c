/**
 * A job that blocks the main thread for a minute, and still beats. A Worker beats
 * for it, and watches a counter that the job shares with it:
 *
 * - The counter has moved since the last beat: Ok. The payload is the counter.
 * - The counter stands still: Degraded.
 * - The counter has stood still for ten seconds: no beat, so the observer reports a
 *   stall.
 *
 * So the threshold of the observer can stay short, for example five seconds: it is
 * the same for all processes. Without the Worker, a threshold of more than a minute
 * would be needed. The counter must count finished work. A counter that a timer of
 * the Worker moves would show nothing.
 *
 * ```sh
 * deno run --allow-ffi --allow-read=. tests/examples/busy_but_alive.ts
 * ```
 *
 * @module
 */

const MINUTE = 60_000;

const counter = new Uint32Array(new SharedArrayBuffer(4));
const url = new URL("./busy_but_alive_worker.ts", import.meta.url);
const worker = new Worker(url, { type: "module" });
// From here on, the Worker needs nothing from this thread.
const ready = new Promise((resolve) => worker.onmessage = resolve);
worker.postMessage(counter);
await ready;

let primes = 0;
const end = performance.now() + MINUTE;
for (let n = 2; performance.now() < end; n++) {
  if (isPrime(n)) primes++;
  Atomics.add(counter, 0, 1);
}
console.log(`${primes} primes`);
Deno.exit();

function isPrime(n: number): boolean {
  for (let i = 2; i * i <= n; i++) if (n % i === 0) return false;
  return true;
}
