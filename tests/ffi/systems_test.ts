import { assert, assertEquals } from "@std/assert";
import type { System } from "../../ffi/system.ts";
import { android } from "../../ffi/systems/android.ts";
import { darwin } from "../../ffi/systems/darwin.ts";
import { freebsd } from "../../ffi/systems/freebsd.ts";
import { linux } from "../../ffi/systems/linux.ts";
import { netbsd } from "../../ffi/systems/netbsd.ts";
import { openbsd } from "../../ffi/systems/openbsd.ts";
import { windows } from "../../ffi/systems/windows.ts";

const BSDS = { darwin, freebsd, netbsd, openbsd };
const SYSTEMS = { ...BSDS, linux, android, windows };

const SOCKET =
  "AF_UNIX SOCK_DGRAM SOCK_CLOEXEC MSG_NOSIGNAL SOL_SOCKET SO_NOSIGPIPE";
const MMAN = "PROT_READ PROT_WRITE MAP_PRIVATE MAP_ANONYMOUS MADV_WIPEONFORK";
const FCNTL = "F_SETFD FD_CLOEXEC F_SETFL O_NONBLOCK";

function constants(system: System): Record<string, number> {
  const entries = Object.entries(system);
  return Object.fromEntries(entries.filter(([_, n]) => Number.isInteger(n)));
}

function values(system: System, names: string): number[] {
  return names.split(" ").map((name) => constants(system)[name]);
}

const INCLUDES = `
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#define MONOTONIC_CLOCK CLOCK_MONOTONIC
#define SUN_PATH_LENGTH sizeof(((struct sockaddr_un *) 0)->sun_path)
`;

async function run(command: string, ...args: string[]): Promise<string> {
  const output = await new Deno.Command(command, { args }).output();
  assert(output.success, new TextDecoder().decode(output.stderr));
  return new TextDecoder().decode(output.stdout);
}

/** What C reads out of this machine's headers; 0 for an absent name. */
async function valuesInHeaders(names: string[]) {
  const directory = await Deno.makeTempDir();
  try {
    const prints = names.map((name) =>
      `#ifdef ${name}\n  printf("${name} %ld\\n", (long) ${name});\n` +
      `#else\n  printf("${name} 0\\n");\n#endif\n`
    );
    const program = `${directory}/values`;
    const main = `int main(void) {\n${prints.join("")}}`;
    await Deno.writeTextFile(`${program}.c`, INCLUDES + main);
    await run("cc", `${program}.c`, "-o", program);
    const lines = (await run(program)).trim().split("\n");
    const pairs = lines.map((line) => line.split(" "));
    return Object.fromEntries(pairs.map(([name, n]) => [name, Number(n)]));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Every name that <errno.h> defines. */
async function errnoNamesInHeaders(): Promise<string[]> {
  const c = ["-x", "c", "-include", "errno.h", "/dev/null"];
  const macros = await run("cc", "-dM", "-E", ...c);
  return [...macros.matchAll(/^#define (E[A-Z0-9]+) /gm)].map((m) => m[1]);
}

function hasCompiler(): boolean {
  try {
    return new Deno.Command("cc", { args: ["--version"] }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const cannotCompile = Deno.build.os !== "linux" || !hasCompiler();

Deno.test({
  name: "linux.errno holds what <errno.h> of this machine says",
  ignore: cannotCompile,
  async fn() {
    const expected = await valuesInHeaders(await errnoNamesInHeaders());
    assertEquals(linux.errno, expected);
  },
});

Deno.test({
  name: "linux holds what the other headers of this machine say",
  ignore: cannotCompile,
  async fn() {
    const held = constants(linux);
    assertEquals(held, await valuesInHeaders(Object.keys(held)));
  },
});

Deno.test("linux.errno and android.errno hold ENOBUFS 105, EAGAIN 11", () => {
  for (const { errno } of [linux, android]) {
    assertEquals(errno.ENOBUFS, 105);
    assertEquals(errno.EAGAIN, 11);
    assertEquals(errno.EDESTADDRREQ, 89);
  }
});

Deno.test("errno of darwin and the BSDs holds ENOBUFS 55, EAGAIN 35", () => {
  for (const [name, { errno }] of Object.entries(BSDS)) {
    assertEquals(errno.ENOBUFS, 55, name);
    assertEquals(errno.EAGAIN, 35, name);
    assertEquals(errno.EDESTADDRREQ, 39, name);
  }
});

Deno.test("errno of every system holds what outcomes are told by", () => {
  const names = "ENOBUFS EAGAIN EWOULDBLOCK ECONNREFUSED ENOENT ECONNRESET " +
    "ENOTCONN EPIPE ENOSPC ENOMEM EINVAL EBADF EDESTADDRREQ";
  for (const [system, { errno }] of Object.entries(SYSTEMS)) {
    for (const name of names.split(" ")) {
      assert(errno[name] > 0, `${system} has no ${name}`);
    }
  }
});

Deno.test("lostPeerErrors holds EDESTADDRREQ on darwin alone", () => {
  const names = ["ECONNRESET", "ENOTCONN", "EPIPE"];
  assertEquals(darwin.lostPeerErrors, [...names, "EDESTADDRREQ"]);
  for (const system of [linux, android, freebsd, netbsd, openbsd, windows]) {
    assertEquals(system.lostPeerErrors, names);
  }
});

Deno.test("errno of every system is ordered by number", () => {
  for (const [name, { errno }] of Object.entries(SYSTEMS)) {
    const numbers = Object.values(errno);
    assertEquals(numbers, numbers.toSorted((a, b) => a - b), name);
  }
});

Deno.test("errno gives a number to two names only where <errno.h> does", () => {
  const aliases = (system: System) => {
    const entries = Object.entries(system.errno);
    const byNumber = Map.groupBy(entries, ([_, number]) => number);
    return [...byNumber.values()].filter((group) => group.length > 1)
      .map((group) => group.map(([name]) => name).join(" "));
  };
  const again = "EAGAIN EWOULDBLOCK";
  const deadlock = "EDEADLK EDEADLOCK";
  const unsupported = "EOPNOTSUPP ENOTSUP";
  assertEquals(aliases(linux), [again, deadlock, unsupported]);
  assertEquals(aliases(freebsd), [again, unsupported]);
  for (const system of [darwin, netbsd, openbsd]) {
    assertEquals(aliases(system), [again]);
  }
  assertEquals(aliases(windows), [deadlock]);
});

Deno.test("darwin and the BSDs hold the numbers of <sys/socket.h>", () => {
  const held = Object.values(BSDS).map((system) => values(system, SOCKET));
  assertEquals(held, [
    [1, 2, 0, 0, 0xffff, 0x1022],
    [1, 2, 0x10000000, 0x20000, 0xffff, 0x800],
    [1, 2, 0x10000000, 0x400, 0xffff, 0x800],
    [1, 2, 0x8000, 0x400, 0xffff, 0],
  ]);
});

Deno.test("darwin and the BSDs hold the numbers of <fcntl.h>", () => {
  for (const [name, system] of Object.entries(BSDS)) {
    assertEquals(values(system, FCNTL), [2, 1, 4, 0x4], name);
  }
});

Deno.test("darwin and the BSDs hold the numbers of <sys/mman.h>", () => {
  for (const [name, system] of Object.entries(BSDS)) {
    assertEquals(values(system, MMAN), [1, 2, 2, 0x1000, 0], name);
  }
});

Deno.test("darwin and the BSDs hold the layout of <sys/un.h>", () => {
  for (const [name, system] of Object.entries(BSDS)) {
    assertEquals(system.SUN_PATH_LENGTH, 104, name);
    assert(system.hasSockaddrLength, name);
  }
});

Deno.test("MONOTONIC_CLOCK is the clock of <time.h> without sleep", () => {
  assertEquals(darwin.MONOTONIC_CLOCK, 8); // CLOCK_UPTIME_RAW
  assertEquals(freebsd.MONOTONIC_CLOCK, 4);
  assertEquals(netbsd.MONOTONIC_CLOCK, 3);
  assertEquals(openbsd.MONOTONIC_CLOCK, 5); // CLOCK_UPTIME
});

Deno.test("android differs from linux in its C library alone", () => {
  const { libraryName, libraryPaths, errnoLocation } = linux;
  assertEquals({ ...android, libraryName, libraryPaths, errnoLocation }, linux);
  assertEquals(android.errnoLocation, "__errno");
});

Deno.test("windows has no Unix datagram sockets and no number for them", () => {
  assert(!windows.hasUnixDatagramSockets);
  const { SUN_PATH_LENGTH, ...others } = constants(windows);
  assertEquals(SUN_PATH_LENGTH, 108); // UNIX_PATH_MAX of <afunix.h>
  assertEquals(new Set(Object.values(others)), new Set([0]));
});
