import { checkResult, type SystemFailure } from "../failure.ts";
import type { Words } from "../message.ts";
import { type Field, system } from "../system.ts";
import { cString } from "./files.ts";
import { receivingLibc } from "./receiving_libc.ts";

/** The file types in the `S_IFMT` bits of `<sys/stat.h>`, the same on every system. */
const fileTypes: Readonly<Record<number, string>> = {
  0o010000: "FIFO", // S_IFIFO
  0o020000: "character device", // S_IFCHR
  0o040000: "directory", // S_IFDIR
  0o060000: "block device", // S_IFBLK
  0o100000: "file", // S_IFREG
  0o120000: "symbolic link", // S_IFLNK
  0o140000: "socket", // S_IFSOCK
};
const S_IFMT = 0o170000;
const PERMISSIONS = 0o777;

/** `_STAT_VER_KERNEL` of glibc: the layout of the kernel's `struct stat`. */
const STAT_VER_KERNEL = 0;

/** The type of a file, its permissions, and which file it is. */
export interface FileStatus {
  /** The type: `"socket"`, `"directory"` and so on. */
  readonly type: string;
  /** The permission bits, at most 0o777. */
  readonly permissions: number;
  /** The device and inode, which differ from those of every other existing file. */
  readonly identity: string;
}

/**
 * Returns the status of the file at `path`. A symbolic link is not followed.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/lstat.2.html lstat(2)}
 */
export function fileStatus(path: string): FileStatus | SystemFailure {
  const { lstat, __lxstat } = receivingLibc();
  const name = cString(path);
  // glibc before 2.33 has no lstat: its header calls __lxstat instead.
  return readStatus(
    "lstat",
    (status) =>
      lstat?.(name, status) ?? __lxstat!(STAT_VER_KERNEL, name, status),
  );
}

/**
 * Returns the status of the file that a descriptor refers to.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/fstat.2.html fstat(2)}
 */
export function descriptorStatus(fd: number): FileStatus | SystemFailure {
  const { fstat, __fxstat } = receivingLibc();
  return readStatus(
    "fstat",
    (status) => fstat?.(fd, status) ?? __fxstat!(STAT_VER_KERNEL, fd, status),
  );
}

function readStatus(
  syscall: string,
  read: (status: Words) => number,
): FileStatus | SystemFailure {
  const { size, st_mode, st_dev, st_ino } = system.stat;
  const words: Words = new Uint32Array(size / 4);
  const failure = checkResult(syscall, read(words));
  if (failure !== undefined) return failure;
  const status = new DataView(words.buffer);
  const mode = Number(readField(status, st_mode));
  return {
    type: fileTypes[mode & S_IFMT] ?? "file of an unknown type",
    permissions: mode & PERMISSIONS,
    identity: `${readField(status, st_dev)}:${readField(status, st_ino)}`,
  };
}

function readField(status: DataView, [offset, size]: Field): number | bigint {
  if (size === 2) return status.getUint16(offset, true);
  if (size === 4) return status.getUint32(offset, true);
  return status.getBigUint64(offset, true);
}
