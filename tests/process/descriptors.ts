import { assertEquals } from "@std/assert";
import { openDescriptors } from "../support/process.ts";

/** Runs `action`, which must leave the very descriptors open that it found. */
export function keepingDescriptors(action: () => void): void {
  const before = openDescriptors();
  action();
  assertEquals(openDescriptors(), before);
}
