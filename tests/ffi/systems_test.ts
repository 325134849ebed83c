import { assert, assertEquals } from "@std/assert";
import { MessageLayout } from "../../ffi/receiving/datagram_buffer.ts";
import { StatxLayout } from "../../ffi/receiving/file_status.ts";
import type { System } from "../../ffi/system.ts";
import {
  android,
  darwin,
  freebsd,
  linux,
  netbsd,
  openbsd,
  windows,
} from "../support/systems.ts";

const BSDS = { darwin, freebsd, netbsd, openbsd };
const SYSTEMS = { ...BSDS, linux, android, windows };

const SOCKET =
  "AF_UNIX AF_INET AF_INET6 SOCK_DGRAM SOCK_CLOEXEC MSG_NOSIGNAL SOL_SOCKET SO_NOSIGPIPE";
const MMAN = "PROT_READ PROT_WRITE MAP_PRIVATE MAP_ANONYMOUS MADV_WIPEONFORK";
const FCNTL = "F_SETFD FD_CLOEXEC F_SETFL O_NONBLOCK";
const AT = "AT_FDCWD AT_SYMLINK_NOFOLLOW O_CLOEXEC";

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
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#define MONOTONIC_CLOCK CLOCK_MONOTONIC
#define SIGACTION_HANDLER_OFFSET offsetof(struct sigaction, sa_handler)
#define SUN_PATH_LENGTH sizeof(((struct sockaddr_un *) 0)->sun_path)
`;

async function run(command: string, ...args: string[]): Promise<string> {
  const output = await new Deno.Command(command, { args }).output();
  assert(output.success, new TextDecoder().decode(output.stderr));
  return new TextDecoder().decode(output.stdout);
}

/** What C reads out of this machine's headers: expressions, and names, 0 for an absent one. */
async function valuesOf(names: string[]) {
  const directory = await Deno.makeTempDir();
  try {
    const prints = names.map((name) =>
      `#if ${/\W/.test(name) ? 1 : `defined ${name}`}\n` +
      `  printf("%ld\\n", (long) (${name}));\n` +
      `#else\n  printf("0\\n");\n#endif\n`
    );
    const program = `${directory}/values`;
    const main = `int main(void) {\n${prints.join("")}}`;
    await Deno.writeTextFile(`${program}.c`, INCLUDES + main);
    await run("cc", `${program}.c`, "-o", program);
    const lines = (await run(program)).trim().split("\n");
    return Object.fromEntries(names.map((name, i) => [name, Number(lines[i])]));
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
    const expected = await valuesOf(await errnoNamesInHeaders());
    assertEquals(linux.errno, expected);
  },
});

Deno.test({
  name: "linux holds what the other headers of this machine say",
  ignore: cannotCompile,
  async fn() {
    const held = constants(linux);
    assertEquals(held, await valuesOf(Object.keys(held)));
  },
});

Deno.test({
  name:
    "MessageLayout holds what <sys/socket.h> and <sys/uio.h> of this machine say",
  ignore: cannotCompile,
  async fn() {
    const { msghdr, iovec, control } = MessageLayout;
    const expected = {
      "offsetof(struct msghdr, msg_iov)": msghdr.msg_iov,
      "offsetof(struct msghdr, msg_iovlen)": msghdr.msg_iovlen,
      "offsetof(struct msghdr, msg_control)": msghdr.msg_control,
      "offsetof(struct msghdr, msg_controllen)": msghdr.msg_controllen,
      "sizeof(struct msghdr)": msghdr.size,
      "offsetof(struct iovec, iov_base)": iovec.iov_base,
      "offsetof(struct iovec, iov_len)": iovec.iov_len,
      "sizeof(struct iovec)": iovec.size,
      "CMSG_LEN(0) + offsetof(struct ucred, pid)": control.pid,
      "CMSG_LEN(0) + offsetof(struct ucred, uid)": control.uid,
      "CMSG_LEN(0) + offsetof(struct ucred, gid)": control.gid,
      "CMSG_SPACE(sizeof(struct ucred))": control.size,
    };
    assertEquals(await valuesOf(Object.keys(expected)), expected);
  },
});

Deno.test({
  name: "StatxLayout holds what <linux/stat.h> of this machine says",
  ignore: cannotCompile,
  async fn() {
    const { STATX_TYPE, STATX_MODE, STATX_INO } = StatxLayout;
    const { stx_mode, stx_ino, stx_dev, size } = StatxLayout;
    const expected = {
      STATX_TYPE,
      STATX_MODE,
      STATX_INO,
      "offsetof(struct statx, stx_mode)": stx_mode[0],
      "sizeof(((struct statx *) 0)->stx_mode)": stx_mode[1],
      "offsetof(struct statx, stx_ino)": stx_ino[0],
      "sizeof(((struct statx *) 0)->stx_ino)": stx_ino[1],
      "offsetof(struct statx, stx_dev_major)": stx_dev[0],
      "offsetof(struct statx, stx_dev_minor)": stx_dev[0] + 4,
      "sizeof(struct statx)": size,
    };
    assertEquals(await valuesOf(Object.keys(expected)), expected);
  },
});

Deno.test({
  name:
    "what is the same on every system is what the headers of this machine say",
  ignore: cannotCompile,
  async fn() {
    const expected = {
      POLLIN: 0x1, // waiter.ts
      "sizeof(struct pollfd)": 8,
      "offsetof(struct pollfd, events)": 4,
      LOCK_EX: 2, // lock_directory.ts
      LOCK_NB: 4,
      O_RDONLY: 0,
      SHUT_RD: 0, // receiving_socket.ts
      S_IFMT: 0o170000, // file_status.ts
      S_IFSOCK: 0o140000,
      S_IFIFO: 0o010000,
      S_IFCHR: 0o020000,
      S_IFDIR: 0o040000,
      S_IFBLK: 0o060000,
      S_IFREG: 0o100000,
      S_IFLNK: 0o120000,
    };
    assertEquals(await valuesOf(Object.keys(expected)), expected);
  },
});

Deno.test({
  name: "linux.signals holds what <signal.h> of this machine says",
  ignore: cannotCompile,
  async fn() {
    const held = { ...linux.signals };
    assertEquals(held, await valuesOf(Object.keys(held)));
  },
});

Deno.test("darwin and the BSDs hold the numbers of <signal.h>", () => {
  for (const [name, system] of Object.entries(BSDS)) {
    assertEquals(
      system.signals,
      { ...linux.signals, SIGUSR1: 30, SIGUSR2: 31 },
      name,
    );
    assertEquals(values(system, "SIG_IGN SIGACTION_HANDLER_OFFSET"), [1, 0]);
  }
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
    [1, 2, 30, 2, 0, 0, 0xffff, 0x1022],
    [1, 2, 28, 2, 0x10000000, 0x20000, 0xffff, 0x800],
    [1, 2, 24, 2, 0x10000000, 0x400, 0xffff, 0x800],
    [1, 2, 24, 2, 0x8000, 0x400, 0xffff, 0],
  ]);
});

Deno.test("darwin and the BSDs hold the numbers of <fcntl.h>", () => {
  for (const [name, system] of Object.entries(BSDS)) {
    assertEquals(values(system, FCNTL), [2, 1, 4, 0x4], name);
  }
});

Deno.test("darwin and the BSDs hold the numbers of openat(2)", () => {
  const held = Object.values(BSDS).map((system) => values(system, AT));
  assertEquals(held, [
    [-2, 0x20, 0x1000000],
    [-100, 0x200, 0x100000],
    [-100, 0x200, 0x400000],
    [-100, 0x2, 0x10000],
  ]);
});

Deno.test("darwin and the BSDs hold the layout of <sys/stat.h>", () => {
  const held = Object.values(BSDS).map(({ stat }) => {
    const { size, st_dev, st_ino, st_mode } = stat!;
    return [size, ...st_dev, ...st_ino, ...st_mode];
  });
  assertEquals(held, [
    [144, 0, 4, 8, 8, 4, 2],
    [224, 0, 8, 8, 8, 24, 2],
    [152, 0, 8, 16, 8, 8, 4],
    [128, 4, 4, 8, 8, 0, 4],
  ]);
  assertEquals(darwin.stat!.symbol, {
    x86_64: "lstat$INODE64", // the plain name there is that of 32-bit inodes
    aarch64: "lstat",
  });
  assertEquals(netbsd.stat!.symbol.x86_64, "__lstat50");
});

Deno.test("SO_PASSCRED and fileTakesSocketMode are linux's and android's alone", () => {
  for (const [name, system] of Object.entries(SYSTEMS)) {
    const isLinux = system === linux || system === android;
    assertEquals(system.SO_PASSCRED, isLinux ? 16 : 0, name);
    assertEquals(system.fileTakesSocketMode, isLinux, name);
    assertEquals(system.stat === undefined, isLinux || system === windows);
  }
});

Deno.test("darwin and the BSDs hold the numbers of <sys/mman.h>", () => {
  for (const [name, system] of Object.entries(BSDS)) {
    assertEquals(values(system, MMAN), [1, 2, 2, 0x1000, 0], name);
  }
});

Deno.test("darwin and the BSDs hold the numbers of <signal.h>", () => {
  for (const [name, system] of Object.entries(BSDS)) {
    assertEquals(values(system, "SIGTSTP"), [18], name);
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
  const { SIGACTION_HANDLER_OFFSET } = linux;
  assertEquals({
    ...android,
    ...{ libraryName, libraryPaths, errnoLocation, SIGACTION_HANDLER_OFFSET },
  }, linux);
  assertEquals(android.errnoLocation, "__errno");
  assertEquals(android.SIGACTION_HANDLER_OFFSET, 8);
});

Deno.test("windows has no Unix datagram sockets and no number for them", () => {
  assert(!windows.hasUnixDatagramSockets);
  const { SUN_PATH_LENGTH, ...others } = constants(windows);
  assertEquals(SUN_PATH_LENGTH, 108); // UNIX_PATH_MAX of <afunix.h>
  assertEquals(new Set(Object.values(others)), new Set([0]));
});
