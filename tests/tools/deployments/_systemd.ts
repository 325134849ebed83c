import { findProgram, type Release, RELEASES } from "../../interop/releases.ts";
import { exists } from "../../support/until.ts";
import {
  assertDeploys,
  assertRecovers,
  delay,
  type Deployment,
  type Part,
} from "./_deployment.ts";
import { type Engine, run } from "./_engine.ts";
import { findBlock, forRelease } from "./_page.ts";
import type { Results } from "./_results.ts";

const TITLE = "One host with systemd";
/** Writes the folder of an image that has all but `/usr`. */
const MAKE_ROOT = `
mkdir "$1" && cd "$1" && mkdir etc usr
ln -s usr/bin usr/sbin usr/lib usr/lib64 .
for file in passwd group os-release ld.so.cache; do
  [ ! -e /etc/$file ] || cp --dereference /etc/$file etc
done
: >etc/machine-id
printf 'FROM scratch\nCOPY . /\n' >Dockerfile
`;
const UNITS = { watch: "varta-watch", service: "service" };

/** Runs the recipe for systemd: in a container, whose pid 1 is systemd. */
export async function checkSystemd(
  engine: Engine,
  folders: ReadonlyMap<Release, string>,
  results: Results,
): Promise<void> {
  const reason = exists("/lib/systemd/systemd")
    ? engine.reason
    : "there is no systemd";
  for (const release of RELEASES) {
    const name = `${TITLE}, varta-watch ${release.number}`;
    await results.check(name, async () => {
      const host = new Host(engine);
      try {
        await host.start(folders.get(release)!, release);
        await host.exec("sh", "-euc", findBlock("sh", "systemctl enable"));
        await assertRecovers(host);
        if (release !== RELEASES.at(-1)) return;
        await assertDeploys(
          host,
          () => host.exec("sh", "-euc", findBlock("sh", "systemctl restart")),
          () => host.exec("systemctl", "stop", "service"),
        );
      } finally {
        await engine.run("rm", "--force", "system");
      }
    }, reason);
  }
}

/** A container with a system manager, and this machine's `/usr`. */
class Host implements Deployment {
  constructor(readonly engine: Engine) {}

  exec(...command: string[]): Promise<string> {
    return this.engine.run("exec", "system", ...command);
  }

  async start(folder: string, release: Release): Promise<void> {
    await run("sh", "-euc", MAKE_ROOT, "sh", `${folder}/system`);
    await this.engine.build("my/system", `${folder}/system`);

    const programs = `${folder}/programs`;
    await run("mkdir", programs);
    await run("cp", findProgram(release)!, `${programs}/varta-watch`);
    await run("cp", Deno.execPath(), `${programs}/deno`);
    const units = Object.values(UNITS).map((name) => {
      const path = `/etc/systemd/system/${name}.service`;
      const unit = findBlock("ini", `# ${path}\n`);
      const file = `${folder}/${name}.service`;
      Deno.writeTextFileSync(file, forRelease(unit, release));
      return `--volume=${file}:${path}:ro`;
    });
    await this.engine.run(
      ...["run", "--detach", "--name=system", "--network=none"],
      ...["--cap-add=SYS_ADMIN", "--cap-add=NET_ADMIN", "--cap-add=SYS_PTRACE"],
      ...["--security-opt=seccomp=unconfined"],
      ...["--security-opt=apparmor=unconfined", "--cgroupns=private"],
      ...["--tmpfs=/run", "--tmpfs=/run/lock", "--env=container=docker"],
      ...["--volume=/usr:/usr:ro", `--volume=${programs}:/usr/local/bin:ro`],
      ...[`--volume=${folder}/service/srv:/srv:ro`, ...units],
      // With version 2 of cgroups, Docker mounts them read-only.
      ...["my/system", "sh", "-c"],
      "mount -o remount,rw /sys/fs/cgroup 2>/dev/null; exec /lib/systemd/systemd",
    );
    for (let i = 0; i < 50; i++) {
      const isRunning = "systemctl is-system-running || true";
      const state = await this.exec("sh", "-c", isRunning);
      // Degraded: another unit of this machine's does not run in a container.
      if (state === "running\n" || state === "degraded\n") return;
      await delay(200);
    }
    throw new Error(await this.engine.run("logs", "system"));
  }

  async pid(part: Part): Promise<number> {
    const property = ["--property=MainPID", "--value"];
    return Number(
      await this.exec("systemctl", "show", ...property, UNITS[part]),
    );
  }

  log(part: Part): Promise<string> {
    return this.exec("journalctl", "--output=cat", `--unit=${UNITS[part]}`);
  }

  signal(part: Part, signal: string): Promise<string> {
    return this.exec("systemctl", "kill", `--signal=${signal}`, UNITS[part]);
  }
}
