import { assertEquals } from "@std/assert";
import { processId } from "../../ffi/process_id.ts";

Deno.test("processId() is the id of this process", () => {
  assertEquals(processId(), Deno.pid);
});
