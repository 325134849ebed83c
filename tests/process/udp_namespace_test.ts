import { assertEquals } from "@std/assert";
import { MODULE } from "../support/process.ts";
import { hasIpv6 } from "../support/udp_observer.ts";

const decoder = new TextDecoder();

/** Runs a shell script in a network namespace of its own, on Linux as root. */
function inNamespace(script: string) {
  const { success, stdout, stderr } = new Deno.Command("unshare", {
    args: ["--net", "sh", "-euc", script],
    env: { DENO: Deno.execPath(), NO_COLOR: "1" },
  }).outputSync();
  return {
    success,
    stdout: decoder.decode(stdout).trim(),
    stderr: decoder.decode(stderr).trim(),
  };
}

/** Why there can be no such namespace, if there can be none. */
function reasonForNone(): string | undefined {
  if (Deno.build.os !== "linux") return "they are Linux's own";
  try {
    const { success, stderr } = inNamespace("ip link set lo up");
    return success ? undefined : stderr;
  } catch (error) {
    return (error as Error).message;
  }
}

const reason = reasonForNone();
if (reason !== undefined) {
  console.log(`tests in a network namespace left out: ${reason}`);
}

/** Runs TypeScript there, once `setUp` has run, with `ip` to change it by. */
function runInNamespace(setUp: string, code: string): string[] {
  const { stdout, stderr } = inNamespace(
    `${setUp}
     exec "$DENO" run --no-check --no-config --no-prompt --allow-ffi --allow-run=ip --ext=ts - <<'END'
     import { Status, Varta } from "${MODULE}";
     const ip = (...args: string[]) => {
       if (!new Deno.Command("ip", { args }).outputSync().success) {
         throw new Error("ip " + args.join(" ") + " fails");
       }
     };
     const print = (outcome) => {
       const { kind, error, code = error?.code ?? "" } = outcome;
       console.log([kind, code].join(" ").trim());
       if (error) console.log(error.message);
     };
     const printError = (error) => {
       console.log(error.constructor.name, error.code, error.syscall);
       console.log(error.message);
     };
${code}
END`,
  );
  assertEquals(stderr, "");
  return stdout.split("\n");
}

function testInNamespace(name: string, fn: () => void): void {
  Deno.test({ name, ignore: reason !== undefined, fn });
}

testInNamespace(
  "Varta.connectUdp() throws NetworkUnreachable where no route leads to the observer",
  () => {
    const addresses = ["192.0.2.1:9000"];
    if (hasIpv6) addresses.push("[2001:db8::1]:9000");
    for (const address of addresses) {
      const lines = runInNamespace(
        "ip link set lo up",
        `try { Varta.connectUdp("${address}"); } catch (error) { printError(error); }`,
      );
      assertEquals(lines, [
        "NetworkUnreachable ENETUNREACH connect",
        `Cannot connect to "${address}": no route leads there: mend the route, or correct the address (ENETUNREACH from connect)`,
      ]);
    }
  },
);

testInNamespace(
  "Varta.beat() fails with ENETUNREACH where the route to the observer is gone, and is sent once it is back",
  () => {
    const lines = runInNamespace(
      `ip link set lo up
     ip address add 192.0.2.9/32 dev lo
     ip route add 198.51.100.0/24 dev lo`,
      `using agent = Varta.connectUdp("198.51.100.1:9000", { reconnectAfter: 1 });
     print(agent.beat(Status.Ok));
     ip("route", "del", "198.51.100.0/24");
     print(agent.beat(Status.Ok));
     try { agent.reconnect(); } catch (error) { printError(error); }
     print(agent.beat(Status.Ok));
     ip("route", "add", "198.51.100.0/24", "dev", "lo");
     print(agent.beat(Status.Ok));`,
    );
    const failed = [
      "failed ENETUNREACH",
      "Cannot send beat: no route leads to the observer (ENETUNREACH)",
    ];
    assertEquals(lines, [
      "sent",
      ...failed,
      "NetworkUnreachable ENETUNREACH connect",
      'Cannot connect to "198.51.100.1:9000": no route leads there: mend the route, or correct the address (ENETUNREACH from connect)',
      ...failed,
      "sent",
    ]);
  },
);

testInNamespace(
  "Varta.beat() fails where this host's address has changed, until Varta.reconnect()",
  () => {
    const lines = runInNamespace(
      `ip link set lo up
     ip address add 192.0.2.9/32 dev lo
     ip route add 198.51.100.0/24 dev lo src 192.0.2.9`,
      `using agent = Varta.connectUdp("198.51.100.1:9000");
     print(agent.beat(Status.Ok));
     ip("address", "del", "192.0.2.9/32", "dev", "lo");
     ip("address", "add", "192.0.2.10/32", "dev", "lo");
     ip("route", "replace", "198.51.100.0/24", "dev", "lo", "src", "192.0.2.10");
     print(agent.beat(Status.Ok));
     agent.reconnect();
     print(agent.beat(Status.Ok));`,
    );
    // The code is ENETUNREACH or EINVAL, by the kernel's age.
    const outcomes = [lines[0], lines[1].split(" ")[0], lines.at(-1)];
    assertEquals(outcomes, ["sent", "failed", "sent"]);
  },
);
