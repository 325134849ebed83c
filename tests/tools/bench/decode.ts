/**
 * Decodes frames of one process, and of two processes in turn.
 *
 * @module
 */

import {
  decodeFrame,
  encodeFrame,
  FRAME_LENGTH,
  Status,
} from "../../../mod.ts";
import { measureLoop, ratio } from "./loop_times.ts";
import { readRequest, type Result } from "./request.ts";

/** How many frames are decoded at a time: enough to be long against the clock. */
const FRAMES = 64;

/** Returns frames of version 2 by processes with these ids, in turn. */
function createFrames(...pids: number[]): Uint8Array[] {
  return Array.from({ length: FRAMES }, (_, i) => {
    const frame = new Uint8Array(FRAME_LENGTH);
    encodeFrame({
      version: 2,
      status: Status.Ok,
      pid: pids[i % pids.length],
      timestamp: BigInt(i) * 1_000_000_000n,
      nonce: BigInt(i + 1),
      payload: BigInt(i),
    }, frame);
    return frame;
  });
}

const candidates = {
  "one pid": createFrames(4711),
  "two pids in turn": createFrames(4711, 31_337),
};
const table = await measureLoop(
  "decode",
  "decoding a frame",
  Object.entries(candidates).map(([name, frames]) => ({
    name,
    work: () => frames.forEach((frame) => decodeFrame(frame)),
  })),
  readRequest().rounds,
  FRAMES,
);
const result: Result = {
  tables: [table],
  figures: [{
    name: "decoding frames: two pids in turn against one pid",
    value: ratio(table, "two pids in turn", "one pid"),
    bound: 1.05,
  }],
};
console.log(JSON.stringify(result));
