import { DatagramSocket } from "../../ffi/datagram_socket.ts";
import {
  type ErrorClass,
  isFailure,
  type SystemFailure,
} from "../../ffi/failure.ts";
import { BoundSocket } from "../../ffi/receiving/bound_socket.ts";
import {
  type FileStatus,
  fileStatus,
} from "../../ffi/receiving/file_status.ts";
import { chmod, unlink } from "../../ffi/receiving/files.ts";
import { PathLock } from "../../ffi/receiving/path_lock.ts";
import { unixAddress } from "../../ffi/socket_address.ts";
import { system } from "../../ffi/system.ts";
import { type Causes, socketError } from "../endpoint/_endpoint.ts";

const { EADDRINUSE, ECONNREFUSED, ENOENT, EPROTOTYPE } = system.errno;

const causes: Causes = {
  EACCES:
    "permission denied: the user needs the right to write to its directory, and to search those above",
  EADDRINUSE:
    "another observer receives there: close that one, or choose another path",
  EAGAIN: "another observer is being started there: try again",
  EDQUOT:
    "the user's disk quota is used up: delete some files, or choose another path",
  ENOENT: "its directory does not exist: create it, or correct the path",
  ENOSPC:
    "no space or inode is left on its file system: delete some files, or choose another path",
  EPERM: "its file system has no sockets: choose another path",
  EROFS: "its file system is read-only: choose another path",
};

/** How often another program may bind the path after the file was removed. */
const MAX_ATTEMPTS = 10;

/** A socket that is bound to a path, and the file there. */
export interface Binding {
  readonly socket: BoundSocket;
  readonly file: FileStatus;
}

/**
 * Binds a socket to a path. If the file of a closed socket is there, it is replaced.
 *
 * @throws {Deno.errors.AddrInUse} If a socket receives at the path.
 * @throws {Deno.errors.AlreadyExists} If another kind of file is there.
 * @throws {Deno.errors.WouldBlock} If another program keeps the directory locked.
 * @throws {Error} If the system refuses for another reason.
 */
export function bindSocket(path: string, mode: number): Binding {
  const address = unixAddress(path);
  const socket = new BoundSocket(address, mode);
  let binding = socket.bind();
  if (binding?.errno === EADDRINUSE) binding = takeOver(path, socket);
  if (binding !== undefined) throw bindError(path, binding);
  const file = fileStatus(path);
  const failure = isFailure(file)
    ? file
    // The umask may have removed some of its bits.
    : file.permissions !== mode
    ? chmod(path, mode)
    : undefined;
  if (failure === undefined) return { socket, file: file as FileStatus };
  if (!isFailure(file)) removeFile(path, file);
  socket.close();
  throw bindError(path, failure, {
    EOPNOTSUPP:
      "the umask removes a part of its mode, which cannot be added again without /proc: mount /proc, or change the umask before (Deno.umask)",
  });
}

/** Removes the file of a bound socket, unless another file is there by now. */
export function removeFile(path: string, { identity }: FileStatus): void {
  const found = fileStatus(path);
  if (!isFailure(found) && found.identity === identity) unlink(path);
}

/**
 * Binds a path where a file is, under a lock, so that the file that is removed is
 * not that of another observer, which has replaced it since.
 *
 * @returns The failure, if any.
 */
function takeOver(
  path: string,
  socket: BoundSocket,
): SystemFailure | undefined {
  const lock = PathLock.take(path);
  if (isFailure(lock)) {
    const cause =
      `another user's file is at ${path}.lock: remove it, or choose another path`;
    throw bindError(
      path,
      lock,
      lock.syscall === "open" ? { EACCES: cause } : {},
    );
  }
  try {
    let binding = socket.bind();
    for (let i = 0; i < MAX_ATTEMPTS && binding?.errno === EADDRINUSE; i++) {
      removeClosedSocket(path, binding);
      binding = socket.bind();
    }
    return binding;
  } finally {
    lock.release();
  }
}

/** Removes the file at a path if it is a closed socket's; throws if it is not. */
function removeClosedSocket(path: string, taken: SystemFailure): void {
  const file = fileStatus(path);
  if (isFailure(file)) {
    if (file.errno === ENOENT) return;
    throw bindError(path, file);
  }
  if (file.type !== "socket") {
    const cause =
      `a ${file.type} is there, not a socket: remove it, or choose another path`;
    const { AlreadyExists } = Deno.errors;
    throw bindError(path, taken, { EADDRINUSE: cause }, AlreadyExists);
  }
  const probe = new DatagramSocket(unixAddress(path));
  const refusal = probe.connect();
  probe.close();
  switch (refusal?.errno) {
    case undefined:
      throw bindError(path, taken);
    case ENOENT:
      return;
    case ECONNREFUSED: {
      const failure = unlink(path);
      if (failure === undefined || failure.errno === ENOENT) return;
      const cause =
        "the file of a closed socket is there, and this user cannot remove it: have its owner remove it, or choose another path";
      throw bindError(path, failure, { EACCES: cause, EPERM: cause });
    }
    case EPROTOTYPE:
      throw bindError(path, taken, {
        EADDRINUSE:
          "a socket that is not a datagram socket receives there: choose another path",
      });
    default:
      throw bindError(path, refusal!, {
        EACCES:
          "a socket is there that this user cannot write to, so it may be in use: remove it, or choose another path",
      });
  }
}

function bindError(
  path: string,
  failure: SystemFailure,
  moreCauses: Causes = {},
  Class?: ErrorClass,
): Error {
  return socketError(
    failure,
    "bind",
    JSON.stringify(path),
    { ...causes, ...moreCauses },
    Class,
  );
}
