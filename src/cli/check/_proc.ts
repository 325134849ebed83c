import { basename, join } from "node:path";
import type { Inspection, ObserverProcess } from "./_findings.ts";

/** A socket in `/proc/net/unix`. */
export interface UnixSocket {
  readonly isDatagram: boolean;
  readonly inode: number;
  /** The path by which it was bound, which may be relative. */
  readonly path: string;
}

const SOCK_DGRAM = 2;

/**
 * Parses `/proc/net/unix`. Leaves out sockets without a path.
 *
 * @see {@link https://man7.org/linux/man-pages/man5/proc_net_unix.5.html proc_net_unix(5)}
 */
export function parseUnixSockets(table: string): UnixSocket[] {
  const rows = table.matchAll(
    /^[0-9a-f]+: \w+ \w+ \w+ (\w{4}) \w+ +(\d+) (.+)$/gmi,
  );
  return Array.from(rows, ([, type, inode, path]) => ({
    isDatagram: parseInt(type, 16) === SOCK_DGRAM,
    inode: Number(inode),
    path,
  }));
}

/**
 * Returns the sockets that may be the one at a path, the newest first.
 *
 * @param path The path without symbolic links.
 */
export function candidatesFor(
  path: string,
  sockets: readonly UnixSocket[],
): UnixSocket[] {
  return sockets.filter((socket) =>
    socket.isDatagram &&
    (isRelative(socket)
      ? basename(socket.path) === basename(path)
      : socket.path === path)
  ).sort((a, b) => b.inode - a.inode);
}

function isRelative({ path }: UnixSocket): boolean {
  return !path.startsWith("/") && !path.startsWith("@");
}

/** Finds the release of varta-watch in its program, which holds source paths. */
export function findRelease(program: Uint8Array): string | undefined {
  const text = new TextDecoder("latin1").decode(program);
  return /varta-watch-(\d+\.\d+\.\d+)\/src\//.exec(text)?.[1];
}

/**
 * Inspects the processes of this host to find the one that receives at a path.
 *
 * @throws {Deno.errors.NotCapable} If Deno may not read `/proc`, for which it
 * needs `--allow-all`.
 * @throws {Deno.errors.NotFound} If the system has no such files.
 */
export function inspectProcesses(path: string): Inspection {
  const real = Deno.realPathSync(path);
  const sockets = parseUnixSockets(Deno.readTextFileSync("/proc/net/unix"));
  const candidates = candidatesFor(real, sockets);
  const { holders, hidden } = findHolders(candidates);
  const found = candidates.flatMap((socket) =>
    (holders.get(socket.inode) ?? []).filter((pid) =>
      !isRelative(socket) || isAt(real, pid, socket)
    )
  );
  // A manager that has opened the socket for the observer holds it as well.
  const pid = found.find((pid) => pid !== 1) ?? found[0];
  return {
    namespace: Deno.readLinkSync("/proc/self/ns/pid"),
    isListed: candidates.length > 0,
    observer: pid === undefined ? undefined : describeProcess(pid),
    hidden,
    firstProgram: allowed(() => Deno.readTextFileSync("/proc/1/comm"))?.trim(),
  };
}

function isAt(path: string, pid: number, socket: UnixSocket): boolean {
  const directory = allowed(() => Deno.readLinkSync(`/proc/${pid}/cwd`));
  return directory !== undefined && join(directory, socket.path) === path;
}

/** Finds the processes that hold sockets, and counts those that it cannot inspect. */
function findHolders(
  sockets: readonly UnixSocket[],
): { holders: Map<number, number[]>; hidden: number } {
  const inodes = new Map(
    sockets.map(({ inode }) => [`socket:[${inode}]`, inode]),
  );
  const holders = new Map<number, number[]>();
  const pids = Array.from(Deno.readDirSync("/proc"), ({ name }) => Number(name))
    .filter(Number.isInteger);
  // With the mount option hidepid, the processes of other users are not there.
  let hidden = pids.includes(1) ? 0 : 1;
  for (const pid of pids) {
    try {
      for (const link of readLinks(`/proc/${pid}/fd`)) {
        const inode = inodes.get(link);
        if (inode === undefined) continue;
        holders.set(inode, [...holders.get(inode) ?? [], pid]);
      }
    } catch (error) {
      if (error instanceof Deno.errors.PermissionDenied) hidden++;
      // Otherwise the process has ended.
    }
  }
  return { holders, hidden };
}

function* readLinks(folder: string): Generator<string> {
  for (const { name } of Deno.readDirSync(folder)) {
    try {
      yield Deno.readLinkSync(`${folder}/${name}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      // The process has closed it.
    }
  }
}

function describeProcess(pid: number): ObserverProcess {
  const folder = `/proc/${pid}`;
  const program = allowed(() => Deno.readLinkSync(`${folder}/exe`));
  return {
    pid,
    uid: allowed(() => Deno.statSync(folder).uid) ?? null,
    namespace: allowed(() => Deno.readLinkSync(`${folder}/ns/pid`)),
    program,
    version: program !== undefined && basename(program).includes("varta-watch")
      ? allowed(() => findRelease(readProgram(`${folder}/exe`)))
      : undefined,
  };
}

/** The largest program that is read, in bytes: varta-watch has some 10 MB. */
const MAX_PROGRAM_LENGTH = 64 * 2 ** 20;

function readProgram(path: string): Uint8Array {
  if (Deno.statSync(path).size > MAX_PROGRAM_LENGTH) return new Uint8Array();
  return Deno.readFileSync(path);
}

/** Calls a function that the system may refuse for another user's process. */
function allowed<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
