import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { libc } from "../../ffi/libc.ts";
import { system } from "../../ffi/system.ts";
import { Status, Varta } from "../../mod.ts";
import { TestObserver } from "../support/observer.ts";
import { openDescriptors } from "../support/process.ts";
import { ReconnectingThread } from "./reconnecting_thread.ts";

const AGENTS = 10;
const CHILDREN = 100;

// What a child has open is told by /proc.
const notLinux = Deno.build.os !== "linux";
const LIST = ["-ln", "/proc/self/fd"];

/** What a child sees of its own descriptors. */
async function listInChild(): Promise<string> {
  const child = new Deno.Command("ls", { args: LIST, stdout: "piped" }).spawn();
  const { stdout } = await child.output();
  return new TextDecoder().decode(stdout);
}

/** The sockets in a list of descriptors, each with its inode. */
function socketsIn(list: string): string[] {
  return list.match(/socket:\[\d+\]/g) ?? [];
}

/** The sockets that this process has. */
function openSockets(): string[] {
  return openDescriptors().flatMap((fd) =>
    socketsIn(Deno.readLinkSync(`/proc/self/fd/${fd}`))
  );
}

Deno.test({
  name: "Varta.connect() makes a socket that no child inherits",
  ignore: notLinux,
  async fn() {
    using observer = new TestObserver();
    const agents: Varta[] = [];
    const before = openSockets();
    for (let i = 0; i < AGENTS; i++) {
      const agent = Varta.connect(observer.path);
      agents.push(agent);
      if (i % 2 === 0) agent.reconnect();
      assertEquals(agent.beat(Status.Ok), { kind: "sent" });
      observer.receive();
    }
    const ours = openSockets().filter((socket) => !before.includes(socket));
    assertEquals(ours.length, AGENTS);
    const sockets = socketsIn(await listInChild());
    const inherited = ours.filter((socket) => sockets.includes(socket));
    assertEquals(inherited, []);
    for (const agent of agents) agent.close();
    console.log(
      `child of a process with ${AGENTS} agents: sockets inherited: ${inherited.length}`,
    );
  },
});

Deno.test({
  name: "Varta.connect() without FD_CLOEXEC would show in a child",
  ignore: notLinux,
  async fn() {
    using observer = new TestObserver();
    const before = openDescriptors();
    using _agent = Varta.connect(observer.path);
    const [fd] = openDescriptors().filter((fd) => !before.includes(fd));
    const [socket] = socketsIn(Deno.readLinkSync(`/proc/self/fd/${fd}`));
    assertEquals(libc().fcntl(fd, system.F_SETFD, 0), 0);
    assertEquals(socketsIn(await listInChild()).includes(socket), true);
  },
});

Deno.test({
  name:
    "Varta.reconnect() makes no socket that a child inherits that another thread starts meanwhile",
  ignore: notLinux,
  async fn() {
    const given = openSockets();
    using observer = new TestObserver();
    const thread = await ReconnectingThread.start(observer.path);
    const inherited: string[] = [];
    for (let child = 0; child < CHILDREN; child++) {
      const sockets = socketsIn(await listInChild());
      inherited.push(...sockets.filter((socket) => !given.includes(socket)));
    }
    const { reconnects } = thread;
    await thread.end();
    assertGreaterOrEqual(reconnects, CHILDREN);
    assertEquals(inherited, []);
    console.log(
      `children: ${CHILDREN}, reconnects meanwhile: ${reconnects}, sockets inherited: ${inherited.length}`,
    );
  },
});
