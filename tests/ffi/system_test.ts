import { assertEquals } from "@std/assert";
import { errnoName } from "../../ffi/system.ts";
import { darwin, linux, openbsd, unsupported } from "../support/systems.ts";

/** Evaluates the module again, as if this process ran on another system. */
async function systemOn(os: string) {
  const { build } = Deno;
  const url = new URL(`../../ffi/system.ts?${os}`, import.meta.url);
  Object.defineProperty(Deno, "build", { value: { ...build, os } });
  try {
    const module: typeof import("../../ffi/system.ts") = await import(url.href);
    return module.system;
  } finally {
    Object.defineProperty(Deno, "build", { value: build });
  }
}

Deno.test("system is the table of the system that the process runs on", async () => {
  const systems = { linux, darwin, openbsd };
  for (const [os, system] of Object.entries(systems)) {
    assertEquals(await systemOn(os), system);
  }
});

Deno.test("system is unsupported on a system without a table", async () => {
  for (const os of ["windows", "aix", "solaris", "illumos"]) {
    assertEquals(await systemOn(os), unsupported);
  }
});

Deno.test("errnoName() returns the name that the system gives a number", () => {
  assertEquals(errnoName(105, linux), "ENOBUFS");
  assertEquals(errnoName(55, darwin), "ENOBUFS");
  assertEquals(errnoName(39, darwin), "EDESTADDRREQ");
});

Deno.test("errnoName() returns the usual one of two names for a number", () => {
  assertEquals(errnoName(11, linux), "EAGAIN");
  assertEquals(errnoName(35, darwin), "EAGAIN");
});

Deno.test("errnoName() returns UNKNOWN for a number without a name", () => {
  for (const errno of [0, -1, 4095, 1.5, NaN]) {
    assertEquals(errnoName(errno, linux), "UNKNOWN");
  }
  assertEquals(errnoName(2, unsupported), "UNKNOWN");
});
