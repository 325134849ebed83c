import {
  assert,
  assertEquals,
  assertMatch,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { system } from "../../ffi/system.ts";
import type { SystemError } from "../../ffi/failure.ts";
import {
  classifySendError,
  Status,
  type UdpAddress,
  type UdpOptions,
  Varta,
} from "../../mod.ts";
import { libraryPath } from "../support/library_path.ts";
import { resultOf } from "../support/process.ts";
import { testUnless } from "../support/test_unless.ts";
import { hasIpv6, UdpObserver } from "../support/udp_observer.ts";

/** The smallest grant that is possible here. */
const FFI_GRANT = libraryPath ? `--allow-ffi=${libraryPath}` : "--allow-ffi";
const REFUSED = classifySendError(system.errno.ECONNREFUSED);

Deno.test("Varta.connectUdp() takes a string, and uses version 2", () => {
  using observer = new UdpObserver();
  using agent = Varta.connectUdp(observer.address);
  assertEquals(agent.beat(Status.Degraded, 7), { kind: "sent" });
  const frame = observer.receive()!;
  assertEquals(
    { ...frame, timestamp: 0n },
    {
      version: 2,
      status: Status.Degraded,
      pid: Deno.pid,
      timestamp: 0n,
      nonce: 1n,
      payload: 7n,
    },
  );
  assertEquals(observer.receiveBytes(), undefined);
});

Deno.test("Varta.connectUdp() takes an object with hostname and port", () => {
  using observer = new UdpObserver();
  const { hostname, port } = observer;
  using agent = Varta.connectUdp({ hostname, port }, { version: 2 });
  agent.beat(Status.Ok);
  assertEquals(observer.receive()?.nonce, 1n);
});

testUnless(
  hasIpv6 ? undefined : "there is no IPv6",
  "Varta.connectUdp() takes an IPv6 address, in brackets or in an object",
  () => {
    using observer = new UdpObserver("::1");
    const { hostname, port } = observer;
    for (const address of [observer.address, { hostname, port }]) {
      using agent = Varta.connectUdp(address);
      assertEquals(agent.beat(Status.Ok), { kind: "sent" });
      assertEquals(observer.receive()?.nonce, 1n);
    }
  },
);

Deno.test("Varta.connectUdp() throws for an impossible address", () => {
  const addresses: [unknown, typeof TypeError | typeof RangeError, string][] = [
    ["localhost:9000", TypeError, "resolving a name would block"],
    [
      { hostname: "localhost", port: 9 },
      TypeError,
      "resolving a name would block",
    ],
    ["127.1:9000", TypeError, "must be a numeric IPv4 or IPv6 address"],
    ["0177.0.0.1:9000", TypeError, "must be a numeric IPv4 or IPv6 address"],
    ["[fe80::1%eth0]:9000", TypeError, "without a zone"],
    [{ hostname: "[::1]", port: 9000 }, TypeError, "must be a numeric IPv4 or"],
    [{ hostname: "", port: 9000 }, TypeError, "must be a numeric IPv4 or IPv6"],
    ["", TypeError, 'must look like "127.0.0.1:9000" or "[::1]:9000"'],
    ["127.0.0.1", TypeError, 'must look like "127.0.0.1:9000"'],
    ["127.0.0.1:", TypeError, 'must look like "127.0.0.1:9000"'],
    ["127.0.0.1:09", TypeError, 'must look like "127.0.0.1:9000"'],
    ["127.0.0.1:-9", TypeError, 'must look like "127.0.0.1:9000"'],
    ["127.0.0.1:9\n", TypeError, 'must look like "127.0.0.1:9000"'],
    [":9000", TypeError, 'must look like "127.0.0.1:9000"'],
    ["::1:9000", TypeError, 'must look like "127.0.0.1:9000"'],
    ["[127.0.0.1]:9000", TypeError, 'must look like "127.0.0.1:9000"'],
    ["udp://127.0.0.1:9000", TypeError, 'must look like "127.0.0.1:9000"'],
    ["127.0.0.1:0", RangeError, "port must be an integer from 1 to 65535"],
    ["127.0.0.1:65536", RangeError, "port must be an integer from 1 to 65535"],
    [{ hostname: "::1", port: 0 }, RangeError, "port must be an integer from"],
    [{ hostname: "::1", port: 1.5 }, RangeError, "port must be an integer"],
    [{ hostname: "::1", port: NaN }, RangeError, "port must be an integer"],
    [{ hostname: "::1", port: "9" }, TypeError, "received string and string"],
    [{ hostname: "::1" }, TypeError, "received string and undefined"],
    [{ hostname: null, port: 9 }, TypeError, "received null and number"],
    [new URL("udp://127.0.0.1:9000"), TypeError, "received string and string"],
    [null, TypeError, "received null"],
    [undefined, TypeError, "received undefined"],
    [9000, TypeError, "received number"],
  ];
  for (const [address, ErrorClass, message] of addresses) {
    assertThrows(
      () => Varta.connectUdp(address as UdpAddress),
      ErrorClass,
      message,
    );
  }
});

Deno.test("Varta.connectUdp() throws for an unknown option value", () => {
  for (const version of [0, 1, 3, "2", null]) {
    assertThrows(
      () => Varta.connectUdp("127.0.0.1:9", { version } as UdpOptions),
      typeof version === "number" ? RangeError : TypeError,
      'Cannot connect to "127.0.0.1:9": version must be 2: received',
    );
  }
  assertThrows(
    () => Varta.connectUdp("127.0.0.1:9", { reconnectAfter: -1 }),
    RangeError,
    "must be an integer from 0 to 4294967295",
  );
});

testUnless(
  Deno.build.os === "linux" ? undefined : "it needs Linux's errno",
  "Varta.connectUdp() throws PermissionDenied for a broadcast address",
  () => {
    const error = assertThrows(
      () => Varta.connectUdp("127.255.255.255:9000"),
      Deno.errors.PermissionDenied,
      'Cannot connect to "127.255.255.255:9000": it is a broadcast address',
    );
    const { errno, code, syscall } = error as SystemError;
    assertEquals(
      [errno, code, syscall],
      [system.errno.EACCES, "EACCES", "connect"],
    );
  },
);

Deno.test("Varta.connectUdp() returns an agent that can be closed", () => {
  const agent = Varta.connectUdp("127.0.0.1:9");
  agent.close();
  const outcome = agent.beat(Status.Ok);
  assertStrictEquals(outcome, classifySendError(system.errno.EBADF));
  assertThrows(
    () => agent.reconnect(),
    Deno.errors.BadResource,
    'Cannot reconnect to "127.0.0.1:9": the agent is closed',
  );
});

Deno.test("Varta.connectUdp() needs no permission but the C library's", async () => {
  const program = import.meta.resolve("./programs/beat_udp.ts");
  const kind = await resultOf(program, ["127.0.0.1:9"], [FFI_GRANT]);
  assertEquals(kind, "sent");
});

/** Declares a test of beats to a port that nothing receives at, for each family. */
function testClosedPort(
  name: string,
  run: (observer: UdpObserver) => void,
): void {
  for (const hostname of ["127.0.0.1", "::1"]) {
    const reason = Deno.build.os !== "linux"
      ? "it is unknown when another system reports a refusal"
      : hostname === "::1" && !hasIpv6
      ? "there is no IPv6"
      : undefined;
    testUnless(reason, `${name} (${hostname})`, () => {
      using observer = new UdpObserver(hostname);
      run(observer);
    });
  }
}

testClosedPort(
  "Varta.beat() drops every other beat while a UDP port is closed",
  (observer) => {
    using agent = Varta.connectUdp(observer.address);
    agent.beat(Status.Ok);
    observer.stop();
    for (let i = 0; i < 3; i++) {
      assertEquals(agent.beat(Status.Ok), { kind: "sent" });
      assertStrictEquals(agent.beat(Status.Ok), REFUSED);
      assertStringIncludes(Deno.inspect(agent), "drops: 1,");
    }
    observer.start();
    assertEquals(agent.beat(Status.Ok), { kind: "sent" });
    assertEquals(observer.receive()?.nonce, 8n);
  },
);

testClosedPort(
  "Varta.beat() never reaches reconnectAfter = 2 at a closed UDP port",
  (observer) => {
    using agent = Varta.connectUdp(observer.address, { reconnectAfter: 2 });
    observer.stop();
    const kinds = Array.from({ length: 10 }, () => agent.beat(Status.Ok).kind);
    assertEquals(new Set(kinds), new Set(["sent", "dropped"]));
    assertMatch(Deno.inspect(agent), /drops: [01],/);
  },
);

testClosedPort(
  "Varta.beat() loses no beat to an old refusal with reconnectAfter = 1",
  (observer) => {
    using agent = Varta.connectUdp(observer.address, { reconnectAfter: 1 });
    observer.stop();
    assertEquals(agent.beat(Status.Ok), { kind: "sent" });
    observer.start();
    assertEquals(agent.beat(Status.Ok), { kind: "sent" });
    assertEquals(observer.receive()?.nonce, 2n);
    assertEquals(observer.receive(), undefined);
  },
);

Deno.test("Varta.reconnect() goes on with nonce and clock over UDP", () => {
  using observer = new UdpObserver();
  using agent = Varta.connectUdp(observer.address);
  agent.beat(Status.Ok);
  const first = observer.receive()!;
  agent.reconnect();
  agent.beat(Status.Ok);
  const second = observer.receive()!;
  assertEquals(second.nonce, 2n);
  assert(second.timestamp > first.timestamp);
});
