import { assertEquals } from "@std/assert";
import { flood } from "./flood.ts";

Deno.test("Observer counts exactly the 100,000 beats that four processes send in a second", async () => {
  const { sent, received, dropped, rate } = await flood(4, 100_000, 1);
  console.log(
    `sent: ${sent}, received: ${received}, at ${rate} a second; the queue was full ${dropped} times`,
  );
  assertEquals([sent, received], [100_000, 100_000]);
});
