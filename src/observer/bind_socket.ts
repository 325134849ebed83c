import { changeMode } from "../../ffi/receiving/change_mode.ts";
import { DatagramSocket } from "../../ffi/datagram_socket.ts";
import type { FileStatus } from "../../ffi/receiving/file_status.ts";
import { withLockedDirectory } from "../../ffi/receiving/lock_directory.ts";
import { receivingLibc } from "../../ffi/receiving/functions.ts";
import { ReceivingSocket } from "../../ffi/receiving/bound_socket.ts";
import { system } from "../../ffi/system.ts";
import { unixAddress } from "../../ffi/socket_address.ts";
import {
  type ErrorClass,
  isFailure,
  type SystemFailure,
} from "../../ffi/failure.ts";
import { unlink } from "../../ffi/receiving/unlink.ts";
import { type Causes, socketError } from "../endpoint/_endpoint.ts";

const { EADDRINUSE, ECONNREFUSED, ENOENT, EPROTOTYPE } = system.errno;

const causes: Causes = {
  EACCES:
    "permission is denied: it takes the right to write to its directory, and to search those above",
  EADDRINUSE:
    "another observer receives there: close that one, or choose another path",
  ENOENT: "its directory does not exist: create it, or correct the path",
  EPERM: "its file system takes no sockets: choose another path",
  EROFS: "its file system is read-only: choose another path",
};

/** A socket that is bound to a path, and the file there. */
export interface BoundSocket {
  readonly socket: ReceivingSocket;
  readonly file: FileStatus;
}

/**
 * Binds a socket to a path, where a dead one's file may be, which it replaces.
 *
 * @throws {Deno.errors.AddrInUse} Where something lives at the path.
 * @throws {Deno.errors.AlreadyExists} Where something is there that is no socket.
 * @throws {Error} Where the system refuses otherwise.
 */
export function bindSocket(path: string, mode: number): BoundSocket {
  const address = unixAddress(path);
  const bind = () => ReceivingSocket.bind(address, mode);
  let socket = bind();
  if (isTaken(socket)) {
    socket = withLockedDirectory(path, () => takeOver(path, bind));
  }
  if (!(socket instanceof ReceivingSocket)) throw bindError(path, socket);
  const file = receivingLibc().fileStatus(path);
  const failure = isFailure(file) ? file : setMode(path, mode, file);
  if (failure === undefined) return { socket, file: file as FileStatus };
  if (!isFailure(file)) removeSocketFile(path, file);
  socket.close();
  throw bindError(path, failure);
}

/** Removes the file of a bound socket, if it is still that one. */
export function removeSocketFile(path: string, file: FileStatus): void {
  const found = receivingLibc().fileStatus(path);
  if (isFailure(found) || found.identity !== file.identity) return;
  unlink(path);
}

type Binding = ReceivingSocket | SystemFailure;

function isTaken(binding: Binding): binding is SystemFailure {
  return isFailure(binding) && binding.errno === EADDRINUSE;
}

/** How often the path may be taken anew between its removal and the binding. */
const ATTEMPTS = 10;

function takeOver(path: string, bind: () => Binding): Binding {
  let binding = bind();
  for (let i = 0; i < ATTEMPTS && isTaken(binding); i++) {
    removeDead(path, binding);
    binding = bind();
  }
  return binding;
}

/** Removes what is at the path where it is a dead socket, and throws where not. */
function removeDead(path: string, taken: SystemFailure): void {
  const file = receivingLibc().fileStatus(path);
  if (isFailure(file)) {
    if (file.errno === ENOENT) return;
    throw bindError(path, file);
  }
  if (file.type !== "socket") {
    throw bindError(path, taken, {
      EADDRINUSE:
        `a ${file.type} is there, which is no socket: remove it, or choose another path`,
    }, Deno.errors.AlreadyExists);
  }
  const probe = DatagramSocket.connect(unixAddress(path));
  if (probe instanceof DatagramSocket) {
    probe.close();
    throw bindError(path, taken);
  }
  if (probe.errno === ECONNREFUSED) {
    const failure = unlink(path);
    if (failure && failure.errno !== ENOENT) {
      const cause =
        "a dead observer's socket is there which may not be removed: have its owner remove it, or choose another path";
      throw bindError(path, failure, { EACCES: cause, EPERM: cause });
    }
  } else if (probe.errno === EPROTOTYPE) {
    throw bindError(path, taken, {
      EADDRINUSE:
        "a socket that is not a datagram socket receives there: choose another path",
    });
  } else if (probe.errno !== ENOENT) {
    throw bindError(path, probe, {
      EACCES:
        "a socket is there which may not be written, so that it cannot be told whether it lives: remove it, or choose another path",
    });
  }
}

/** Gives the file of a socket just bound its mode, which the umask may have cut. */
function setMode(
  path: string,
  mode: number,
  file: FileStatus,
): SystemFailure | undefined {
  if (file.permissions !== mode) return changeMode(path, mode);
}

/** The error for what failed in binding a path. */
export function bindError(
  path: string,
  failure: SystemFailure,
  moreCauses: Causes = {},
  Class?: ErrorClass,
): Error {
  const known = { ...causes, ...moreCauses };
  return socketError(failure, "bind", JSON.stringify(path), known, Class);
}
