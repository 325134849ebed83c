import { isFailure } from "../../../ffi/failure.ts";
import { unixAddress } from "../../../ffi/socket_address.ts";
import { errnoName, system } from "../../../ffi/system.ts";
import {
  inspectReceiver,
  type UnixReceiver,
} from "../../../ffi/unix_receiver.ts";
import type { VlpVersion } from "../../frame/frame.ts";
import { quote } from "../_text.ts";
import {
  fail,
  type Finding,
  isGranted,
  leftOut,
  ok,
  warn,
} from "./_finding.ts";

/** What is known about a socket. */
export interface SocketResult {
  /** The user id of its file's owner. */
  readonly owner?: number | null;
  /** What the kernel tells about the socket, if this process can connect to it. */
  readonly receiver?: UnixReceiver;
}

/** How long a queue may be full before the observer hangs, in ms. */
const MAX_FULL_TIME = 2_000;

/**
 * Checks the socket: its file, and whether a process receives there. Returns
 * `undefined` if there is no socket.
 */
export function* checkSocket(
  path: string,
): Generator<Finding, SocketResult | undefined> {
  const file = yield* checkFile(path);
  if (file === null) return undefined;
  const owner = file?.uid;
  const isLibraryGranted = isGranted({ name: "ffi" }) ||
    system.libraryPaths.some((path) => isGranted({ name: "ffi", path }));
  if (!isLibraryGranted) {
    yield leftOut("receiver", "whether something receives", "--allow-ffi");
    return { owner };
  }
  const receiver = inspectReceiver(unixAddress(path), MAX_FULL_TIME);
  if (isFailure(receiver)) {
    yield connectFinding(path, errnoName(receiver.errno), file);
    return { owner };
  }
  yield receiver.hasRoom
    ? ok("receiver", "a process receives at the socket")
    : fail(
      "receiver",
      "the queue of the socket is full, and stays full, so beats are dropped",
      "the observer hangs or is too slow: start it again if it hangs",
    );
  return { owner, receiver };
}

/** Returns `undefined` if the file is unknown, and `null` if it is not a socket. */
function* checkFile(
  path: string,
): Generator<Finding, Deno.FileInfo | undefined | null> {
  if (!isGranted({ name: "read", path })) {
    yield leftOut("socket", "the file of the socket", `--allow-read=${path}`);
    return undefined;
  }
  let file: Deno.FileInfo;
  try {
    file = Deno.statSync(path);
  } catch (error) {
    // The connect fails for the same reason.
    if (!(error instanceof Deno.errors.NotFound)) return undefined;
    yield connectFinding(path, "ENOENT", undefined);
    return null;
  }
  if (file.isSocket) {
    yield ok("socket", `${quote(path)} is a socket of ${ownerOf(file)}`);
    return file;
  }
  const problem = `${quote(path)} is ${typeOf(file)}, not a socket`;
  yield fail("socket", problem, "correct the path");
  return null;
}

function ownerOf({ uid, mode }: Deno.FileInfo): string {
  return `uid ${uid} with mode 0${((mode ?? 0) & 0o777).toString(8)}`;
}

function typeOf(file: Deno.FileInfo): string {
  if (file.isDirectory) return "a directory";
  if (file.isFifo) return "a FIFO";
  if (file.isCharDevice || file.isBlockDevice) return "a device";
  return "a file";
}

function connectFinding(
  path: string,
  code: string,
  file: Deno.FileInfo | undefined,
): Finding {
  const name = quote(path);
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return fail(
        "socket",
        `there is no file at ${name}`,
        "start the observer, or correct the path",
      );
    case "ECONNREFUSED":
      return fail(
        "receiver",
        `nothing receives at ${name}`,
        "start the observer (one that was killed leaves its socket), or correct the path",
      );
    case "EPROTOTYPE":
      return fail(
        "receiver",
        `the socket at ${name} is not a datagram socket`,
        "correct the path, because an observer's socket is a datagram socket",
      );
    case "EACCES":
    case "EPERM": {
      const uid = ownUid();
      const user = uid === null ? "" : `, with uid ${uid},`;
      const owner = file?.isSocket ? `, a socket of ${ownerOf(file)}` : "";
      return fail(
        "receiver",
        `this process${user} has no permission to send to ${name}${owner}`,
        "run it as the observer's user, or make the socket writable and its directories searchable",
      );
    }
    default:
      return fail(
        "receiver",
        `cannot connect to ${name}`,
        `see ${code}, errno(3)`,
      );
  }
}

/** Returns the user id of this process; `null` if it is not known. */
function ownUid(): number | null {
  return isGranted({ name: "sys", kind: "uid" }) ? Deno.uid() : null;
}

/**
 * Compares the user of this process with that of the observer.
 *
 * @param observer The user id of the observer.
 * @param counted The version of the protocol that it counts, if it is known.
 */
export function* checkUser(
  observer: number | null | undefined,
  counted: VlpVersion | undefined,
): Generator<Finding> {
  const uid = ownUid();
  if (uid === null) {
    yield leftOut("user", "the user of this process", "--allow-sys=uid");
  } else if (uid === observer) {
    yield ok("user", `this process and the observer have uid ${uid}`);
  } else if (observer != null) {
    const create = counted === undefined ? warn : counted === 1 ? ok : fail;
    yield create(
      "user",
      `this process has uid ${uid}, and the observer ${observer}; varta-watch rejects beats from another uid since 0.2.0, and 0.1.0 counts them`,
      "run this process as the observer's user",
    );
  }
}
