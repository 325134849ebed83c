// Sends by the npm package node-unix-socket to itself, and prints the quantiles of
// a send in nanoseconds. Its arguments: the path of the socket, the number of
// rounds, how many sends there are in each, and the milliseconds between them. The
// time of the clock is subtracted, as in `pace_times.ts`.

const { rmSync } = require("node:fs");
const { setTimeout: delay } = require("node:timers/promises");
const { DgramSocket } = require("node-unix-socket");

const [path, ...numbers] = process.argv.slice(2);
const [rounds, units, interval] = numbers.map(Number);
rmSync(path, { force: true });
const receiver = new DgramSocket(() => {});
receiver.bind(path);
const sender = new DgramSocket(() => {});
const frame = Buffer.alloc(32);
const send = () =>
  new Promise((resolve) =>
    sender.sendTo(frame, 0, frame.length, path, resolve)
  );

async function timed(sends) {
  await (interval > 0 ? delay(interval) : new Promise(setImmediate));
  const start = performance.now();
  for (let i = 0; i < sends; i++) await send();
  return (performance.now() - start) * 1e6 / units;
}

async function main() {
  const warmUp = Math.ceil(rounds / 10);
  const times = [];
  const clock = [];
  for (let round = 0; round < warmUp + rounds; round++) {
    const time = await timed(units);
    const overhead = interval > 0 ? await timed(0) : 0;
    if (round < warmUp) continue;
    times.push(time);
    clock.push(overhead);
  }
  const at = (times, share) =>
    times.sort((a, b) => a - b)[Math.floor(share * (times.length - 1))];
  const overhead = at(clock, 0.5);
  const [p10, p50, p90, p99] = [0.1, 0.5, 0.9, 0.99]
    .map((share) => at(times, share) - overhead);
  console.log(JSON.stringify({ p10, p50, p90, p99 }));
  process.exit();
}

main();
