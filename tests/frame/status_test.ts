import { assert, assertEquals } from "@std/assert";
import { Status } from "../../mod.ts";

Deno.test("Status has exactly the four numbers of the protocol", () => {
  assertEquals(Object.entries(Status), [
    ["Ok", 0],
    ["Degraded", 1],
    ["Critical", 2],
    ["Stall", 3],
  ]);
});

Deno.test("Status is frozen", () => {
  assert(Object.isFrozen(Status));
});

Deno.test("Status is the type of its numbers", () => {
  const statuses: Status[] = [0, 1, 2, 3];
  assertEquals(statuses, Object.values(Status));
  // @ts-expect-error: 4 is not a status
  statuses.push(4);
});
