import { assertEquals } from "@std/assert";
import { flood } from "./flood.ts";

Deno.test("Observer counts the 100,000 beats that four processes send", async () => {
  const { sent, received } = await flood(4, 100_000, 1);
  assertEquals([sent, received], [100_000, 100_000]);
});
