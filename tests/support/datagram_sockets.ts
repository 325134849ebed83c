/**
 * Counts the Unix datagram sockets of a process, on Linux. Deno itself has
 * none. It runs `cat` and `ls`, because Deno reads these files itself only with
 * every permission.
 *
 * @see {@link https://man7.org/linux/man-pages/man5/proc.5.html proc(5)}
 */
export function countDatagramSockets(pid: number = Deno.pid): number {
  const inodes = new Set<string>();
  for (const line of outputOf("cat", `/proc/${pid}/net/unix`).split("\n")) {
    const [, , , , type, , inode] = line.trim().split(/\s+/);
    if (type === SOCK_DGRAM) inodes.add(inode);
  }
  const links = outputOf("ls", "-ln", `/proc/${pid}/fd`);
  return Array.from(links.matchAll(/socket:\[(\d+)\]/g))
    .filter(([, inode]) => inodes.has(inode)).length;
}

/** As `/proc/net/unix` shows it. */
const SOCK_DGRAM = "0002";

/** Returns what a program prints. */
export function outputOf(program: string, ...args: string[]): string {
  const { stdout } = new Deno.Command(program, { args }).outputSync();
  return new TextDecoder().decode(stdout);
}
