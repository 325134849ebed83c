// Sends by the npm package node-unix-socket to itself, and prints the quantiles of
// a send in nanoseconds. Its arguments: the path of the socket, the number of
// rounds, how many sends there are in each, and the milliseconds between them.

const { setTimeout: delay } = require("node:timers/promises");
const { DgramSocket } = require("node-unix-socket");

const [path, ...numbers] = process.argv.slice(2);
const [rounds, units, interval] = numbers.map(Number);
const receiver = new DgramSocket(() => {});
receiver.bind(path);
const sender = new DgramSocket(() => {});
const frame = Buffer.alloc(32);
const send = () =>
  new Promise((resolve) =>
    sender.sendTo(frame, 0, frame.length, path, resolve)
  );

async function main() {
  const warmUp = Math.ceil(rounds / 10);
  const times = [];
  for (let round = 0; round < warmUp + rounds; round++) {
    await (interval > 0 ? delay(interval) : new Promise(setImmediate));
    const start = performance.now();
    for (let i = 0; i < units; i++) await send();
    const end = performance.now();
    if (round >= warmUp) times.push((end - start) * 1e6 / units);
  }
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.floor(share * (times.length - 1))];
  const [p10, p50, p90, p99] = [0.1, 0.5, 0.9, 0.99].map(at);
  console.log(JSON.stringify({ p10, p50, p90, p99 }));
  process.exit();
}

main();
