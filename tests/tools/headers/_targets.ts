import { darwin, freebsd, netbsd, openbsd } from "../../../ffi/systems/bsd.ts";
import type { FunctionName } from "../../../ffi/symbols.ts";
import { linux } from "../../../ffi/systems/linux.ts";
import type { Architecture, System } from "../../../ffi/systems/types.ts";

/** A system whose headers the compiler has. */
export interface Target {
  readonly name: string;
  readonly table: (arch: Architecture) => System;
  /** What follows the architecture in the name of the compiler's target. */
  readonly suffix: string;
  /** Numbers of the table that differ from the headers on purpose. */
  readonly deviations?: Readonly<
    Record<string, { readonly header: number; readonly reason: string }>
  >;
  /** Optional functions of `symbols.ts` that no header declares. */
  readonly absent: readonly FunctionName[];
  /** What the headers call {@linkcode System.MONOTONIC_CLOCK}. */
  readonly clock: string;
  /** The file that lists the symbols of the C library, in the compiler's `lib/libc`. */
  readonly symbolList?: string;
}

const LINUX = {
  table: linux,
  absent: ["__cxa_thread_atexit_impl", "__fxstat", "__lxstat"],
  clock: "CLOCK_MONOTONIC",
} as const;
const GLIBC = { ...LINUX, symbolList: "glibc/abilists" };
const BSD = {
  absent: ["__cxa_thread_atexit_impl", "__fxstat", "__lxstat"],
  clock: "CLOCK_MONOTONIC",
} as const;

export const TARGETS: readonly Target[] = [
  // The oldest glibc that Deno runs with.
  { ...GLIBC, name: "Linux, glibc 2.27", suffix: "linux-gnu.2.27" },
  { ...GLIBC, name: "Linux, glibc 2.28", suffix: "linux-gnu.2.28" },
  { ...GLIBC, name: "Linux, newest glibc", suffix: "linux-gnu" },
  { ...LINUX, name: "Linux, musl", suffix: "linux-musl" },
  {
    ...BSD,
    name: "macOS",
    absent: [...BSD.absent, "dup3"],
    table: darwin,
    suffix: "macos",
    deviations: {
      MSG_NOSIGNAL: {
        header: 0x80000,
        reason: "older kernels do not know it; SO_NOSIGPIPE works on all",
      },
    },
    clock: "CLOCK_UPTIME_RAW",
    symbolList: "darwin/libSystem.tbd",
  },
  {
    ...BSD,
    name: "FreeBSD",
    table: freebsd,
    suffix: "freebsd",
    symbolList: "freebsd/abilists",
  },
  {
    ...BSD,
    name: "NetBSD",
    table: netbsd,
    suffix: "netbsd",
    symbolList: "netbsd/abilists",
  },
  {
    ...BSD,
    name: "OpenBSD",
    table: openbsd,
    suffix: "openbsd",
    clock: "CLOCK_UPTIME",
    symbolList: "openbsd/abilists",
  },
];

export const ARCHITECTURES: readonly Architecture[] = ["x86_64", "aarch64"];
