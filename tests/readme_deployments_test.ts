import { assert, assertEquals } from "@std/assert";
import { Status, Varta } from "../mod.ts";
import { findProgram, reasonForAbsence, RELEASES } from "./interop/releases.ts";
import { blocksOf } from "./support/examples.ts";
import { end, hasProgram } from "./support/process.ts";
import { TestFolder } from "./support/test_folder.ts";
import { testUnless } from "./support/test_unless.ts";
import { exists, until } from "./support/until.ts";

const UNITS = blocksOf("README.md", "ini");
const [POD] = blocksOf("README.md", "yaml");
const TO_JSON =
  "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))";

testUnless(
  hasProgram("systemd-analyze") ? undefined : "there is no systemd-analyze",
  "README.md has units that systemd accepts",
  async () => {
    using folder = new TestFolder();
    assertEquals(UNITS.length, 2);
    for (const [i, unit] of UNITS.entries()) {
      const file = folder.file(`${i}.service`);
      // Its program must exist.
      const runnable = unit.replace(/^ExecStart=\S+/m, "ExecStart=/bin/true");
      assert(runnable !== unit);
      Deno.writeTextFileSync(file, runnable);
      // It reads the unit, and starts nothing.
      const { code, stderr } = await new Deno.Command("systemd-analyze", {
        args: ["verify", "--man=no", file],
      }).output();
      assertEquals(
        { code, stderr: new TextDecoder().decode(stderr) },
        { code: 0, stderr: "" },
      );
    }
  },
);

interface Container {
  name: string;
  args?: string[];
  volumeMounts: { name: string; mountPath: string }[];
}

testUnless(
  hasProgram("python3", "-c", "import yaml")
    ? undefined
    : "there is no YAML parser for python3",
  "README.md has a Pod in which both containers share what they need",
  async () => {
    const python = new Deno.Command("python3", {
      args: ["-c", TO_JSON],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    await new Response(POD).body!.pipeTo(python.stdin);
    const { stdout } = await python.output();
    const { kind, spec } = JSON.parse(new TextDecoder().decode(stdout));
    assertEquals(kind, "Pod");
    assertEquals(spec.shareProcessNamespace, true);
    assertEquals(spec.securityContext, { runAsUser: 1000, fsGroup: 1000 });
    assertEquals(spec.volumes, [{ name: "varta", emptyDir: {} }]);
    const containers: Container[] = spec.containers;
    assertEquals(containers.map(({ name }) => name), ["watch", "service"]);
    for (const { volumeMounts } of containers) {
      assertEquals(volumeMounts, [{ name: "varta", mountPath: "/run/varta" }]);
    }
    // An argument that is a number would be an error.
    const [{ args }] = containers;
    assertEquals(args!.filter((argument) => typeof argument !== "string"), []);
  },
);

/** The arguments of varta-watch in each recipe. */
const recipes: Record<string, string | undefined> = {
  systemd: /^ExecStart=\S+varta-watch (.*)$/m.exec(UNITS.join("\n"))?.[1],
  docker: / my\/varta-watch (.*)$/m.exec(
    blocksOf("README.md", "sh").join("\n"),
  )?.[1],
  Kubernetes: /args: \[(.*)\]/.exec(POD)?.[1].replaceAll(/[",]/g, ""),
};

Deno.test("README.md has three recipes for varta-watch", () => {
  assertEquals(Object.values(recipes).filter(Boolean).length, 3);
});

for (const [recipe, args] of Object.entries(recipes)) {
  testUnless(
    reasonForAbsence(RELEASES[1]),
    `README.md has arguments of varta-watch for ${recipe}`,
    async () => {
      using folder = new TestFolder();
      const path = folder.file("varta.sock");
      const observer = new Deno.Command(findProgram(RELEASES[1])!, {
        args: args!.split(" ").map((argument) =>
          argument.replace("/run/varta/varta.sock", () => path)
        ),
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn();
      try {
        let hasEnded = false;
        observer.status.then(() => hasEnded = true);
        await until("it receives", () => exists(path) || hasEnded);
        using agent = Varta.connect(path, { version: 2 });
        assertEquals(agent.beat(Status.Ok), { kind: "sent" });
      } finally {
        await end(observer);
      }
    },
  );
}
