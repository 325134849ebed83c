import { cString } from "./c_string.ts";
import { openFunctions } from "../library.ts";
import { type Field, system } from "../system.ts";
import { failureOf, type SystemFailure } from "../failure.ts";

/** The types of `<sys/stat.h>` in its `S_IFMT`, the same on every system. */
const FileTypes: Readonly<Record<number, string>> = {
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

/** What a file is, and which one. */
export interface FileStatus {
  /** What it is: `"socket"`, `"directory"` and so on. */
  readonly type: string;
  /** Its permission bits, up to 0o777. */
  readonly permissions: number;
  /** What tells it from every other file of this system, while it exists. */
  readonly identity: string;
}

/** Answers what lies at a path, itself where that is a symbolic link. */
export type FileStatusReader = (path: string) => FileStatus | SystemFailure;

/** `<linux/stat.h>`: the same on every processor, which `struct stat` is not. */
export const StatxLayout = {
  STATX_TYPE: 0x1,
  STATX_MODE: 0x2,
  STATX_INO: 0x100,
  /** `sizeof(struct statx)`, in bytes. */
  size: 256,
  stx_mode: [28, 2],
  stx_ino: [32, 8],
  /** `stx_dev_major` and, right behind it, `stx_dev_minor`. */
  stx_dev: [136, 8],
} as const;

/** Opens the reader: by `statx(2)`, or by `lstat(2)` where there is no `statx`. */
export function openFileStatus(): FileStatusReader {
  const { stat } = system;
  if (stat === undefined) return openStatx();
  const { lstat } = openFunctions("lstat");
  const status = new DataView(new ArrayBuffer(stat.size));
  return (path) => {
    return failureOf("lstat", lstat(cString(path), status)) ??
      read(status, stat.st_mode, stat.st_dev, stat.st_ino);
  };
}

/** @see {@link https://man7.org/linux/man-pages/man2/statx.2.html statx(2)} */
function openStatx(): FileStatusReader {
  const { AT_FDCWD, AT_SYMLINK_NOFOLLOW } = system;
  const { statx } = openFunctions("statx");
  const { STATX_TYPE, STATX_MODE, STATX_INO } = StatxLayout;
  const { size, stx_mode, stx_dev, stx_ino } = StatxLayout;
  const status = new DataView(new ArrayBuffer(size));
  const mask = STATX_TYPE | STATX_MODE | STATX_INO;
  return (path) => {
    const pathname = cString(path);
    return failureOf(
      "statx",
      statx(AT_FDCWD, pathname, AT_SYMLINK_NOFOLLOW, mask, status),
    ) ?? read(status, stx_mode, stx_dev, stx_ino);
  };
}

function read(
  status: DataView,
  modeField: Field,
  device: Field,
  inode: Field,
): FileStatus {
  const mode = Number(readField(status, modeField));
  return {
    type: FileTypes[mode & S_IFMT] ?? "thing of another kind",
    permissions: mode & PERMISSIONS,
    identity: `${readField(status, device)}:${readField(status, inode)}`,
  };
}

function readField(status: DataView, [offset, size]: Field): number | bigint {
  if (size === 2) return status.getUint16(offset, true);
  if (size === 4) return status.getUint32(offset, true);
  return status.getBigUint64(offset, true);
}
