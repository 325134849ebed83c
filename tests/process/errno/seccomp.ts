import { FRAME_LENGTH } from "../../../src/frame/_layout.ts";
import { system } from "../../../ffi/system.ts";

// <linux/audit.h> and <asm/unistd.h>
const machines = {
  x86_64: { AUDIT_ARCH: 0xc000_003e, SYS_sendto: 44 },
  aarch64: { AUDIT_ARCH: 0xc000_00b7, SYS_sendto: 206 },
};

// <linux/prctl.h> and <linux/seccomp.h>
const PR_SET_SECCOMP = 22;
const PR_SET_NO_NEW_PRIVS = 38;
const SECCOMP_MODE_FILTER = 2n;
const SECCOMP_RET_ERRNO = 0x0005_0000;
const SECCOMP_RET_ALLOW = 0x7fff_0000;

/** `offsetof(struct seccomp_data, …)`; of an argument, its low half. */
const Field = { nr: 0, arch: 4, fd: 16, len: 32, flags: 40 };

/** The instructions of `<linux/bpf_common.h>` that the filter is made of. */
const Code = {
  LoadWord: 0x20,
  JumpIfEqual: 0x15,
  JumpIfGreaterOrEqual: 0x35,
  Subtract: 0x14,
  Or: 0x44,
  ReturnConstant: 0x06,
  ReturnAccumulator: 0x16,
};

const SIZE_OF_FILTER = 8;
const MAX_ERRNO = 4095;

function open(library: string) {
  return Deno.dlopen(
    library,
    {
      prctl: {
        parameters: ["i32", "usize", "buffer", "usize", "usize"],
        result: "i32",
      },
      // The filter's address has to stand in another struct. A grant scoped to
      // a path forbids Deno.UnsafePointer, while memcpy(3) answers with it.
      addressOf: {
        name: "memcpy",
        parameters: ["buffer", "buffer", "usize"],
        result: "u64",
      },
    } as const,
  ).symbols;
}

/** Whether a thread can filter its own system calls. */
export function canFilter(library: string | undefined): boolean {
  if (Deno.build.os !== "linux" || library === undefined) return false;
  // "CONFIG_SECCOMP_FILTER" of the kernel: the null pointer is what fails,
  // seccomp(2), and a sandbox that forbids filters says otherwise.
  const errno = Deno.dlopen(
    library,
    { location: { name: system.errnoLocation, parameters: [], result: "u64" } },
  );
  const { prctl } = open(library);
  const result = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, null, 0n, 0n);
  const location = Deno.UnsafePointer.create(errno.symbols.location());
  const reason = new Deno.UnsafePointerView(location!).getInt32();
  return result === -1 && reason === system.errno.EFAULT;
}

/**
 * From now on every send of a frame by this thread fails, without being tried:
 * by the descriptor `first` with errno 0, by the one behind it with 1, and so on.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/seccomp.2.html seccomp(2)}
 */
export function filterSends(library: string, first: number): void {
  const { AUDIT_ARCH, SYS_sendto } = machines[Deno.build.arch];
  const { LoadWord, JumpIfEqual, JumpIfGreaterOrEqual } = Code;
  const instructions: [code: number, k: number, otherwise?: "allow"][] = [
    [LoadWord, Field.arch],
    [JumpIfEqual, AUDIT_ARCH, "allow"],
    [LoadWord, Field.nr],
    [JumpIfEqual, SYS_sendto, "allow"],
    // Deno's own sockets go on, of which none sends just this.
    [LoadWord, Field.len],
    [JumpIfEqual, FRAME_LENGTH, "allow"],
    [LoadWord, Field.flags],
    [JumpIfEqual, system.MSG_NOSIGNAL, "allow"],
    [LoadWord, Field.fd],
    [Code.Subtract, first],
    [JumpIfGreaterOrEqual, MAX_ERRNO + 1],
    [Code.Or, SECCOMP_RET_ERRNO],
    [Code.ReturnAccumulator, 0],
    [Code.ReturnConstant, SECCOMP_RET_ALLOW],
  ];
  const last = instructions.length - 1;
  const filter = new DataView(
    new ArrayBuffer(instructions.length * SIZE_OF_FILTER),
  );
  for (const [i, [code, k, otherwise]] of instructions.entries()) {
    const begin = i * SIZE_OF_FILTER;
    const toAllow = last - i - 1;
    filter.setUint16(begin, code, true);
    filter.setUint8(begin + 2, code === JumpIfGreaterOrEqual ? toAllow : 0);
    filter.setUint8(begin + 3, otherwise === "allow" ? toAllow : 0);
    filter.setUint32(begin + 4, k, true);
  }

  const { prctl, addressOf } = open(library);
  const program = new DataView(new ArrayBuffer(16)); // struct sock_fprog
  program.setUint16(0, instructions.length, true);
  program.setBigUint64(8, addressOf(filter, filter, 0n), true);
  if (
    prctl(PR_SET_NO_NEW_PRIVS, 1n, null, 0n, 0n) === -1 ||
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0n, 0n) === -1
  ) {
    throw new Error("Cannot filter the sends of this thread");
  }
  // The kernel has a copy now; until then nothing but this kept the filter.
  filter.setUint8(0, 0);
}
