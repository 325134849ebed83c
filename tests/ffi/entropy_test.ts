import { assertEquals } from "@std/assert";
import { fillWithEntropy } from "../../ffi/entropy.ts";

// Up to Deno 2.7, a library that a test opens is a leak of that test.
fillWithEntropy(new Uint32Array(1));

Deno.test("fillWithEntropy() fills every word", () => {
  const all = new Uint32Array(8);
  const words = new Uint32Array(8);
  for (let i = 0; i < 100; i++) {
    assertEquals(fillWithEntropy(words), undefined);
    for (const [i, word] of words.entries()) all[i] |= word;
  }
  assertEquals(all, new Uint32Array(8).fill(0xffff_ffff));
});

Deno.test("fillWithEntropy() returns the failure of more than 256 bytes", () => {
  assertEquals(fillWithEntropy(new Uint32Array(65))?.syscall, "getentropy");
});
