import { assertEquals } from "@std/assert";
import { hasProgram, resultOf } from "../support/process.ts";
import { testUnless } from "../support/test_unless.ts";
import { hasIpv6 } from "../support/udp_observer.ts";

/** Runs a program in a network namespace of its own, on Linux as root. */
const UNSHARE = ["unshare", "--net"] as const;
const reason = hasProgram(...UNSHARE, "ip", "link", "set", "lo", "up")
  ? undefined
  : "a network namespace needs Linux, unshare, ip and root";

function run(situation: string, address = ""): Promise<string[][]> {
  return resultOf(
    import.meta.resolve("./programs/udp_routes.ts"),
    [situation, address],
    ["--allow-ffi", "--allow-run=ip"],
    { under: UNSHARE },
  );
}

/** The error of `connect` without a route to the address. */
function unreachable(address: string): string[] {
  return [
    ...["NetworkUnreachable", "ENETUNREACH", "connect"],
    `Cannot connect to "${address}": there is no route: add one, or correct the address (ENETUNREACH from connect)`,
  ];
}

testUnless(
  reason,
  "Varta.connectUdp() throws NetworkUnreachable without a route",
  async () => {
    const addresses = ["192.0.2.1:9000"];
    if (hasIpv6) addresses.push("[2001:db8::1]:9000");
    for (const address of addresses) {
      assertEquals(await run("no route", address), [unreachable(address)]);
    }
  },
);

testUnless(
  reason,
  "Varta.beat() fails with ENETUNREACH while the route is missing",
  async () => {
    const failed = [
      "failed ENETUNREACH",
      "Cannot send beat: there is no route to the observer (ENETUNREACH)",
    ];
    assertEquals(await run("route removed"), [
      ["sent"],
      failed,
      unreachable("198.51.100.1:9000"), // reconnect()
      failed,
      ["sent"],
    ]);
  },
);

testUnless(
  reason,
  "Varta.reconnect() takes the new address of this host",
  async () => {
    const [first, changed, reconnected] = await run("address changed");
    assertEquals([first, reconnected], [["sent"], ["sent"]]);
    // The code is ENETUNREACH or EINVAL, depending on the kernel.
    assertEquals(changed[0].split(" ")[0], "failed");
  },
);
