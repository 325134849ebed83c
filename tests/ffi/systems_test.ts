import { assert, assertEquals, assertMatch } from "@std/assert";
import { openFunctions } from "../../ffi/library.ts";
import { linux as createLinux } from "../../ffi/systems/linux.ts";
import { darwin as createDarwin } from "../../ffi/systems/bsd.ts";
import type { System } from "../../ffi/system.ts";
import {
  android,
  darwin,
  freebsd,
  linux,
  netbsd,
  openbsd,
  unsupported,
} from "../support/systems.ts";
import { testUnless } from "../support/test_unless.ts";
import { type Value, valuesOf } from "../tools/headers/_values.ts";

const BSDS = { darwin, freebsd, netbsd, openbsd };
const LINUXES = { linux, android };
const SYSTEMS = { ...BSDS, ...LINUXES, unsupported };

async function run(command: string, ...args: string[]): Promise<string> {
  const output = await new Deno.Command(command, { args }).output();
  assert(output.success, new TextDecoder().decode(output.stderr));
  return new TextDecoder().decode(output.stdout);
}

/** Returns the numbers in the headers of this machine; undefined for a missing name. */
async function readHeaders(values: Value[]): Promise<(number | undefined)[]> {
  const folder = await Deno.makeTempDir();
  try {
    const prints = values.map(({ expression }) =>
      `#if ${/\W/.test(expression) ? 1 : `defined ${expression}`}\n` +
      `  printf("%ld\\n", (long) (${expression}));\n` +
      `#else\n  puts("undefined");\n#endif\n`
    );
    await Deno.writeTextFile(
      `${folder}/values.c`,
      `#define _GNU_SOURCE\n#include <stdio.h>\n#include "system.h"\n` +
        `int main(void) {\n${prints.join("")}}\n`,
    );
    const headers = `${import.meta.dirname}/../tools/headers`;
    const program = `${folder}/values`;
    await run("cc", `-I${headers}`, `${program}.c`, "-o", program);
    const lines = (await run(program)).trim().split("\n");
    return lines.map((line) => line === "undefined" ? undefined : Number(line));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Why the headers of this machine cannot be read. */
function findObstacle(): string | undefined {
  if (Deno.build.os !== "linux") return "only on Linux";
  try {
    const command = new Deno.Command("cc", { args: ["-dumpmachine"] });
    const machine = new TextDecoder().decode(command.outputSync().stdout);
    // An emulator has the compiler of another processor.
    return machine.startsWith(Deno.build.arch)
      ? undefined
      : `cc compiles for ${machine.trim()}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "there is no cc";
    throw error;
  }
}

// What older headers than those of Linux 7.2 need not have.
const NEW_NAMES = ["EFTYPE", "EFSBADCRC", "EFSCORRUPTED", "SO_PASSRIGHTS"];

testUnless(
  findObstacle(),
  "linux has the numbers of the headers of this machine",
  async () => {
    const values = valuesOf(linux, "CLOCK_MONOTONIC");
    const numbers = await readHeaders(values);
    const isKnown = (_: unknown, index: number) => numbers[index] !== undefined;
    assertEquals(
      values.map(({ name, number }) => `${name} ${number}`).filter(isKnown),
      values.map(({ name }, i) => `${name} ${numbers[i]}`).filter(isKnown),
    );
    // In a table, 0 stands for a name that the headers do not define.
    const missing = values.filter(({ number }, i) =>
      number !== 0 && numbers[i] === undefined
    );
    const names = missing.map(({ name }) => name);
    assertEquals(names.filter((name) => !NEW_NAMES.includes(name)), []);
  },
);

// Opened here, because Deno 2.5 reports a library that a test opens as its leak.
const { lstat, __lxstat } = Deno.build.os === "linux"
  ? openFunctions("lstat", "__lxstat")
  : { lstat: null, __lxstat: null };

testUnless(
  lstat && __lxstat ? undefined : "the C library does not have both",
  "__lxstat() returns what lstat() returns",
  () => {
    const path = new TextEncoder().encode("/dev/null\0");
    const status = new Uint8Array(linux.stat!.size);
    const sameStatus = new Uint8Array(linux.stat!.size);
    assertEquals(lstat!(path, status), 0);
    assertEquals(__lxstat!(0, path, sameStatus), 0);
    assertEquals(sameStatus, status);
    assert(status.some((byte) => byte !== 0));
  },
);

Deno.test("errno has ENOBUFS and EAGAIN by the number of each system", () => {
  const numbers = ({ errno }: System) => [errno.ENOBUFS, errno.EAGAIN];
  for (const system of Object.values(LINUXES)) {
    assertEquals(numbers(system), [105, 11]);
  }
  for (const system of Object.values(BSDS)) {
    assertEquals(numbers(system), [55, 35]);
  }
});

Deno.test("errno has every name that an outcome depends on", () => {
  const names = "ENOBUFS EAGAIN EWOULDBLOCK ECONNREFUSED ENOENT ECONNRESET " +
    "ENOTCONN EPIPE ENOSPC ENOMEM EINVAL EBADF EDESTADDRREQ";
  for (const [system, { errno }] of Object.entries({ ...BSDS, linux })) {
    for (const name of names.split(" ")) {
      assert(errno[name] > 0, `${system} has no ${name}`);
    }
  }
});

Deno.test("errno has the usual one of two names for a number first", () => {
  const aliases = ({ errno }: System) => {
    const byNumber = Map.groupBy(Object.entries(errno), ([_, n]) => n);
    return [...byNumber.values()].filter((names) => names.length > 1)
      .map((names) => names.map(([name]) => name).join(" "));
  };
  const again = "EAGAIN EWOULDBLOCK";
  const deadlock = "EDEADLK EDEADLOCK";
  const unsupported = "EOPNOTSUPP ENOTSUP";
  assertEquals(aliases(linux), [
    ...[again, deadlock, "EBADMSG EFSBADCRC"],
    ...[unsupported, "EUCLEAN EFSCORRUPTED"],
  ]);
  assertEquals(aliases(freebsd), [again, unsupported]);
  for (const system of [darwin, netbsd, openbsd]) {
    assertEquals(aliases(system), [again]);
  }
});

Deno.test("peerGoneErrors has EDESTADDRREQ on macOS and the BSDs only", () => {
  const names = ["ECONNRESET", "ENOTCONN", "EPIPE"];
  for (const system of Object.values({ ...LINUXES, unsupported })) {
    assertEquals(system.peerGoneErrors, names);
  }
  for (const system of Object.values(BSDS)) {
    assertEquals(system.peerGoneErrors, [...names, "EDESTADDRREQ"]);
  }
});

Deno.test("fileTakesSocketMode is true on Linux only", () => {
  for (const system of Object.values(LINUXES)) {
    assertEquals(system.fileTakesSocketMode, true);
  }
  for (const system of Object.values(BSDS)) {
    assertEquals(system.fileTakesSocketMode, false);
  }
});

Deno.test("isVariadicOnStack is true on macOS on Arm only", () => {
  for (const system of [...Object.values(LINUXES), freebsd, netbsd, openbsd]) {
    assertEquals(system.isVariadicOnStack, false);
  }
  assertEquals(createDarwin("aarch64").isVariadicOnStack, true);
  assertEquals(createDarwin("x86_64").isVariadicOnStack, false);
});

Deno.test("libraryPaths and libraryName are absolute and bare", () => {
  for (const system of Object.values(SYSTEMS)) {
    assertEquals(system.libraryName.includes("/"), false);
    for (const path of system.libraryPaths) {
      assertMatch(path, /^\/.+\.(so|dylib)/);
    }
  }
});

Deno.test("linux has the paths of its architecture", () => {
  const [x86, arm] = (["x86_64", "aarch64"] as const)
    .map((arch) => createLinux(arch).libraryPaths);
  assertEquals(arm, x86.map((path) => path.replace("x86_64", "aarch64")));
  assert(arm.some((path, index) => path !== x86[index]));
});

Deno.test("android differs from linux in the C library only", () => {
  const { libraryName, libraryPaths, symbolNames } = linux;
  assertEquals({ ...android, libraryName, libraryPaths, symbolNames }, linux);
  assertEquals(android.symbolNames, { errnoLocation: "__errno" });
});

Deno.test("unsupported has no sockets, and no names for errors", () => {
  const { hasUnixDatagramSockets, errno } = unsupported;
  assertEquals({ hasUnixDatagramSockets, errno }, {
    hasUnixDatagramSockets: false,
    errno: {},
  });
});
