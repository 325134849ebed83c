import { system } from "../../../ffi/system.ts";
// Not from mod.ts, which opens the C library that another may have to replace.
import { FRAME_LENGTH } from "../../../src/frame/frame.ts";

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
const Field = { nr: 0, arch: 4, len: 32, flags: 40 };

// <linux/bpf_common.h>
const LOAD_WORD = 0x20; // BPF_LD | BPF_W | BPF_ABS
const JUMP_IF_EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const RETURN = 0x06; // BPF_RET | BPF_K

const SIZE_OF_FILTER = 8; // sizeof(struct sock_filter)

function open(library: string) {
  return Deno.dlopen(
    library,
    {
      prctl: {
        parameters: ["i32", "usize", "buffer", "usize", "usize"],
        result: "i32",
      },
      // A struct has to contain the filter's address. With a grant for a path
      // Deno.UnsafePointer throws, while memcpy(3) returns the address.
      addressOf: {
        name: "memcpy",
        parameters: ["buffer", "buffer", "usize"],
        result: "u64",
      },
    } as const,
  ).symbols;
}

/**
 * Makes every send of a frame by this thread fail with `errno` from now on. The
 * last errno that was set counts.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/seccomp.2.html seccomp(2)}
 */
export function failSends(library: string, errno: number): void {
  const { AUDIT_ARCH, SYS_sendto } = machines[Deno.build.arch];
  const instructions: [code: number, k: number][] = [
    [LOAD_WORD, Field.arch],
    [JUMP_IF_EQUAL, AUDIT_ARCH],
    [LOAD_WORD, Field.nr],
    [JUMP_IF_EQUAL, SYS_sendto],
    // Nothing that Deno itself sends has this length and these flags.
    [LOAD_WORD, Field.len],
    [JUMP_IF_EQUAL, FRAME_LENGTH],
    [LOAD_WORD, Field.flags],
    [JUMP_IF_EQUAL, system.MSG_NOSIGNAL],
    [RETURN, SECCOMP_RET_ERRNO | errno],
    [RETURN, SECCOMP_RET_ALLOW],
  ];
  const { length } = instructions;
  const filter = new DataView(new ArrayBuffer(length * SIZE_OF_FILTER));
  for (const [i, [code, k]] of instructions.entries()) {
    const begin = i * SIZE_OF_FILTER;
    filter.setUint16(begin, code, true);
    // How far to jump if the values differ: to the last instruction.
    if (code === JUMP_IF_EQUAL) filter.setUint8(begin + 3, length - i - 2);
    filter.setUint32(begin + 4, k, true);
  }

  const { prctl, addressOf } = open(library);
  const program = new DataView(new ArrayBuffer(16)); // struct sock_fprog
  program.setUint16(0, length, true);
  program.setBigUint64(8, addressOf(filter, filter, 0n), true);
  if (
    prctl(PR_SET_NO_NEW_PRIVS, 1n, null, 0n, 0n) === -1 ||
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0n, 0n) === -1
  ) {
    throw new Error("Cannot filter the sends of this thread");
  }
  // The kernel has a copy now. Until here, this use keeps the filter alive.
  filter.setUint8(0, 0);
}
