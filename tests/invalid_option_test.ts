import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import {
  checkInteger,
  checkObject,
  invalidOption,
} from "../src/_invalid_option.ts";

Deno.test("invalidOption() names the action, the option and both values", () => {
  const error = invalidOption("count", "step", "an integer", "3", "number");
  assertEquals(
    error.message,
    'Cannot count: step must be an integer: received "3"',
  );
});

Deno.test("invalidOption() is a RangeError only for a value of the right type", () => {
  assertInstanceOf(invalidOption("a", "b", "c", 1, "number"), RangeError);
  assertInstanceOf(invalidOption("a", "b", "c", NaN, "number"), RangeError);
  assertInstanceOf(invalidOption("a", "b", "c", "1", "number"), TypeError);
  assertInstanceOf(invalidOption("a", "b", "c", 1n, "number"), TypeError);
  assertInstanceOf(invalidOption("a", "b", "c", undefined), TypeError);
});

Deno.test("invalidOption() never throws, whatever the inspection of the value does", () => {
  const inspect = Symbol.for("Deno.customInspect");
  const hostile = [
    {
      [inspect]() {
        throw new Error("inspected");
      },
    },
    Object.assign(() => {}, {
      [inspect]() {
        throw undefined;
      },
    }),
  ];
  for (const value of hostile) {
    assertEquals(
      invalidOption("a", "b", "c", value).message,
      `Cannot a: b must be c: received a value of type ${typeof value}`,
    );
  }
});

Deno.test("checkObject() accepts objects only", () => {
  checkObject("a", "b", {});
  for (const value of [null, undefined, 1, "x", () => {}]) {
    assertThrows(
      () => checkObject("a", "b", value),
      TypeError,
      "Cannot a: b must be an object: received ",
    );
  }
});

Deno.test("checkInteger() accepts the integers of its range only", () => {
  for (const value of [1, 2, 3]) checkInteger("a", "b", value, 1, 3);
  const message = "Cannot a: b must be an integer from 1 to 3: received ";
  for (const value of [0, 4, 1.5, NaN, Infinity]) {
    assertThrows(
      () => checkInteger("a", "b", value, 1, 3),
      RangeError,
      message,
    );
  }
  for (const value of ["2", 2n, null, undefined, [2]]) {
    assertThrows(() => checkInteger("a", "b", value, 1, 3), TypeError, message);
  }
});
