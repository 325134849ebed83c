import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { monotonicNow } from "../../ffi/monotonic_clock.ts";
import { system } from "../../ffi/system.ts";
import {
  failureOf,
  type SystemError,
  type SystemFailure,
} from "../../ffi/failure.ts";
import {
  classifySendError,
  type SecureUdpKey,
  Status,
  type UdpOptions,
  Varta,
} from "../../mod.ts";
import { FrameWriter } from "../../src/agent/_frame_writer.ts";
import { protocolOf } from "../../src/frame/_protocol.ts";
import type { SealingOptions } from "../../src/endpoint/_sealing.ts";
import { SecureUdpEndpoint } from "../../src/endpoint/secure_udp.ts";
import { libraryPath } from "../support/library_path.ts";
import { resultOf, runProgram } from "../support/process.ts";
import {
  canSeal,
  cryptoModule,
  type Opened,
  openSealed,
  testSealing,
} from "../support/sealing.ts";
import { testUnless } from "../support/test_unless.ts";
import { hasIpv6, UdpObserver } from "../support/udp_observer.ts";

const SHARED: SecureUdpKey = { key: new Uint8Array(32).fill(0xa7) };
const MASTER: SecureUdpKey = { masterKey: new Uint8Array(32).fill(0xa7) };
/** The smallest grant that is possible here. */
const FFI_GRANT = libraryPath ? `--allow-ffi=${libraryPath}` : "--allow-ffi";
const MAX_UINT32 = 2 ** 32 - 1;
const NO_ENTROPY = classifySendError(system.errno.EIO);

/** Connects an agent with chosen entropy, or a chosen first iv_counter. */
function connect(
  observer: UdpObserver,
  options: SealingOptions,
  reconnectAfter = 0,
): Varta {
  const { address } = observer;
  const endpoint = new SecureUdpEndpoint(address, SHARED, options);
  const failure = endpoint.connect();
  if (failure !== undefined) throw endpoint.errorFor(failure);
  const frame = new FrameWriter(protocolOf(2), "count");
  // The constructor is private: users call Varta.connectSecureUdp().
  return Reflect.construct(Varta, [endpoint, frame, reconnectAfter]);
}

/** Opens all datagrams that an observer has received. */
function openAll(observer: UdpObserver, key = SHARED): Opened[] {
  const opened: Opened[] = [];
  for (let bytes; (bytes = observer.receiveBytes());) {
    opened.push(openSealed(bytes, key));
  }
  return opened;
}

function assertAllDiffer(values: string[]): void {
  assertEquals(new Set(values).size, values.length);
}

for (const [name, key] of Object.entries({ key: SHARED, masterKey: MASTER })) {
  testSealing(
    `Varta.connectSecureUdp() seals each beat with { ${name} }`,
    () => {
      for (const hostname of hasIpv6 ? ["127.0.0.1", "::1"] : ["127.0.0.1"]) {
        using observer = new UdpObserver(hostname);
        using agent = Varta.connectSecureUdp(observer.address, key);
        for (const status of [Status.Ok, Status.Degraded, Status.Critical]) {
          assertEquals(agent.beat(status, 7), { kind: "sent" });
        }
        const opened = openAll(observer, key);
        assertEquals(opened.map(({ counter }) => counter), [0, 1, 2]);
        assertAllDiffer(opened.map(({ iv }) => iv));
        for (const [i, { frame }] of opened.entries()) {
          assertEquals(
            { ...frame, timestamp: 0n },
            {
              version: 2,
              status: i as Status,
              pid: Deno.pid,
              timestamp: 0n,
              nonce: BigInt(i + 1),
              payload: 7n,
            },
          );
        }
      }
    },
  );
}

testSealing(
  "Varta.connectSecureUdp() uses a new iv_random for each agent and reconnect",
  () => {
    using observer = new UdpObserver();
    const prefixes: string[] = [];
    for (let i = 0; i < 20; i++) {
      using agent = Varta.connectSecureUdp(observer.address, SHARED);
      agent.beat(Status.Ok);
      agent.reconnect();
      agent.beat(Status.Ok);
      const opened = openAll(observer);
      assertEquals(opened.map(({ counter }) => counter), [0, 0]);
      prefixes.push(...opened.map(({ iv }) => iv));
    }
    assertAllDiffer(prefixes);
  },
);

testSealing(
  "Varta.beat() takes the next iv_counter if the beat is not sent",
  () => {
    using observer = new UdpObserver();
    using agent = Varta.connectSecureUdp(observer.address, SHARED);
    observer.stop();
    const kinds = Array.from({ length: 6 }, () => agent.beat(Status.Ok).kind);
    assert(kinds.includes("dropped"));
    observer.start();
    while (agent.beat(Status.Ok).kind !== "sent");
    const [{ counter, frame }] = openAll(observer);
    assertEquals(BigInt(counter), frame.nonce - 1n);
  },
);

testSealing("Varta.beat() seals the frame again after a reconnect", () => {
  using observer = new UdpObserver();
  const entropy = countingEntropy();
  using agent = connect(observer, { entropy }, 1);
  observer.stop();
  assertEquals(agent.beat(Status.Ok), { kind: "sent" });
  observer.start();
  // Dropped because of the refusal with iv 1, 1, and then sent with iv 2, 0.
  assertEquals(agent.beat(Status.Ok), { kind: "sent" });
  assertEquals(agent.beat(Status.Ok), { kind: "sent" });
  const opened = openAll(observer);
  assertEquals(opened.map(({ iv }) => iv), [
    "020000000000000000000000",
    "020000000000000001000000",
  ]);
  assertEquals(opened.map(({ frame }) => frame.nonce), [2n, 3n]);
});

testSealing(
  "Varta.beat() uses a new iv_random after the last iv_counter",
  () => {
    using observer = new UdpObserver();
    const entropy = countingEntropy();
    using agent = connect(observer, { entropy, firstCounter: MAX_UINT32 - 1 });
    for (let i = 0; i < 4; i++) agent.beat(Status.Ok);
    assertEquals(openAll(observer).map(({ iv }) => iv), [
      "0100000000000000feffffff",
      "0100000000000000ffffffff",
      "020000000000000000000000",
      "020000000000000001000000",
    ]);
  },
);

testSealing(
  "Varta.beat() fails with EIO if entropy fails after the last iv_counter",
  () => {
    using observer = new UdpObserver();
    const entropy = countingEntropy();
    using agent = connect(observer, { entropy, firstCounter: MAX_UINT32 });
    assertEquals(agent.beat(Status.Ok), { kind: "sent" });
    entropy.fails = true;
    for (let i = 0; i < 3; i++) {
      assertStrictEquals(agent.beat(Status.Ok), NO_ENTROPY);
    }
    assertEquals(openAll(observer).length, 1);
    entropy.fails = false;
    assertEquals(agent.beat(Status.Ok), { kind: "sent" });
    const [{ iv, frame }] = openAll(observer);
    assertEquals([iv, frame.nonce], ["020000000000000000000000", 5n]);
  },
);

testSealing(
  "Varta.beat() keeps its session if a reconnect has no entropy",
  () => {
    using observer = new UdpObserver();
    const entropy = countingEntropy();
    using agent = connect(observer, { entropy }, 1);
    observer.stop();
    agent.beat(Status.Ok);
    entropy.fails = true;
    const outcome = agent.beat(Status.Ok);
    assertStrictEquals(outcome, classifySendError(system.errno.ECONNREFUSED));
    assertStringIncludes(Deno.inspect(agent), "drops: 1,");
    const error = assertThrows(
      () => agent.reconnect(),
      Error,
      `Cannot connect to "${observer.address}": the system has no entropy to seal beats with (EIO from getentropy)`,
    );
    assertEquals((error as SystemError).errno, system.errno.EIO);
    observer.start();
    assertEquals(agent.beat(Status.Ok), { kind: "sent" });
    assertEquals(openAll(observer)[0].iv, "010000000000000002000000");
  },
);

testSealing(
  "Varta.connectSecureUdp() draws other sessions in each run with --seed",
  async () => {
    using observer = new UdpObserver();
    for (let run = 0; run < 2; run++) {
      const { code, stderr } = await runProgram(
        import.meta.resolve("./programs/seeded.ts"),
        [observer.address],
        ["-A", "--seed=1"],
      );
      assertEquals({ code, stderr }, { code: 0, stderr: "" });
    }
    const ivs = openAll(observer).map(({ iv }) => iv);
    assertEquals(ivs.length, 8);
    assertAllDiffer(ivs);
  },
);

/** Entropy that counts up from 1, and can be made to fail. */
function countingEntropy() {
  let count = 0;
  const entropy = (into: Uint32Array): SystemFailure | undefined => {
    if (entropy.fails) return failureOf("getentropy", system.errno.EIO);
    into[0] = ++count;
  };
  entropy.fails = false;
  return entropy;
}

Deno.test("Varta.connectSecureUdp() throws for an invalid key without showing it", () => {
  const secret = 0xa7;
  const key = new Uint8Array(32).fill(secret);
  const keys: [unknown, typeof TypeError | typeof RangeError, string][] = [
    [
      undefined,
      TypeError,
      "must be { key } or { masterKey }: received neither",
    ],
    [null, TypeError, "must be { key } or { masterKey }: received neither"],
    [{}, TypeError, "must be { key } or { masterKey }: received neither"],
    [key, TypeError, "must be { key } or { masterKey }: received neither"],
    [{ key, masterKey: key }, TypeError, "{ masterKey }: received both"],
    [
      { key: "a7".repeat(32) },
      TypeError,
      "a Uint8Array of 32 bytes: received string",
    ],
    [{ key: [...key] }, TypeError, "a Uint8Array of 32 bytes: received object"],
    [
      { key: key.buffer },
      TypeError,
      "a Uint8Array of 32 bytes: received object",
    ],
    [{ key: null }, TypeError, "a Uint8Array of 32 bytes: received null"],
    [
      { masterKey: 0xa7 },
      TypeError,
      "Cannot use masterKey: it must be a Uint8Array",
    ],
    [
      { key: key.subarray(1) },
      RangeError,
      "it must have 32 bytes: received 31",
    ],
    [{ masterKey: new Uint8Array(33).fill(secret) }, RangeError, "received 33"],
    [{ key: new Uint8Array(0) }, RangeError, "received 0"],
    [
      { key: new Uint8Array(32) },
      RangeError,
      "all its bytes are 0, probably because it was overwritten",
    ],
    [{ masterKey: new Uint8Array(32) }, RangeError, "read the key again"],
  ];
  for (const [key, ErrorClass, message] of keys) {
    const error = assertThrows(
      () => Varta.connectSecureUdp("127.0.0.1:9", key as SecureUdpKey),
      ErrorClass,
      message,
    );
    assert(!/a7|167/i.test(Deno.inspect(error).split("\n")[0]));
  }
});

Deno.test("Varta.connectSecureUdp() checks address and options like connectUdp()", () => {
  assertThrows(
    () => Varta.connectSecureUdp("localhost:9", SHARED),
    TypeError,
    "resolving a name would block",
  );
  assertThrows(
    () => Varta.connectSecureUdp("127.0.0.1:0", SHARED),
    RangeError,
    "port must be",
  );
  const options = { version: 1 } as unknown as UdpOptions;
  assertThrows(
    () => Varta.connectSecureUdp("127.0.0.1:9", SHARED, options),
    RangeError,
    "version must be 2: received 1",
  );
});

testUnless(
  canSeal ? "this Deno can seal" : undefined,
  "Varta.connectSecureUdp() throws NotSupported if Deno cannot seal",
  () => {
    assertThrows(
      () => Varta.connectSecureUdp("127.0.0.1:9", SHARED),
      Deno.errors.NotSupported,
      `Cannot seal beats: Deno ${Deno.version.deno} has no ChaCha20-Poly1305: use Deno 2.7.10 or later`,
    );
  },
);

Deno.test("Varta.connectSecureUdp() says that the program has replaced process", async () => {
  const program = import.meta.resolve("./programs/replaced_process.ts");
  const message =
    "NotSupported: Cannot seal beats: this program has replaced globalThis.process, from which node:crypto is loaded: connect before that";
  assertEquals(
    await resultOf(program, [], ["--allow-ffi"]),
    Array(4).fill(message),
  );
});

testSealing(
  "Varta.connectSecureUdp() copies the key",
  () => {
    using observer = new UdpObserver();
    const key = SHARED.key!.slice();
    using agent = Varta.connectSecureUdp(observer.address, { key });
    key.fill(0);
    agent.beat(Status.Ok);
    assertEquals(openAll(observer).length, 1);
  },
);

/** Returns the arrays that `node:crypto` gets as keys while `action` runs. */
function watchKeys(action: () => void): Uint8Array[] {
  const { createCipheriv, hkdfSync } = cryptoModule;
  const keys = new Set<Uint8Array>();
  cryptoModule.createCipheriv = (...args) => {
    keys.add(args[1]);
    return createCipheriv(...args);
  };
  cryptoModule.hkdfSync = (...args) => {
    keys.add(args[1]);
    return hkdfSync(...args);
  };
  try {
    action();
  } finally {
    Object.assign(cryptoModule, { createCipheriv, hkdfSync });
  }
  return [...keys];
}

testSealing(
  "Varta.close() overwrites the copied and the derived key",
  () => {
    using observer = new UdpObserver();
    for (const key of [SHARED, MASTER]) {
      const agent = Varta.connectSecureUdp(observer.address, key);
      const keys = watchKeys(() => {
        agent.beat(Status.Ok);
        agent.reconnect();
        agent.beat(Status.Ok);
      });
      const original = key.key ?? key.masterKey;
      assertEquals(keys.length, key === SHARED ? 1 : 2);
      for (const copy of keys) {
        assert(copy !== original && copy.buffer !== original!.buffer);
        assert(copy.some((byte) => byte !== 0));
      }
      agent.close();
      agent.close();
      for (const copy of keys) assertEquals(copy, new Uint8Array(32));
      assertEquals(original, new Uint8Array(32).fill(0xa7));
      assertStrictEquals(
        agent.beat(Status.Ok),
        classifySendError(system.errno.EBADF),
      );
    }
  },
);

testSealing(
  "Varta.connectSecureUdp() overwrites the copied key if it throws",
  () => {
    const { fill } = Uint8Array.prototype;
    const cleared: Uint8Array[] = [];
    Uint8Array.prototype.fill = function (...args) {
      if (args[0] === 0) cleared.push(this);
      return fill.apply(this, args);
    };
    try {
      const options = { reconnectAfter: -1 };
      for (const key of [SHARED, MASTER]) {
        assertThrows(() => Varta.connectSecureUdp("127.0.0.1:9", key, options));
        assertThrows(() => Varta.connectSecureUdp("127.255.255.255:9", key));
      }
    } finally {
      Uint8Array.prototype.fill = fill;
    }
    assertEquals(cleared, Array(4).fill(new Uint8Array(32)));
  },
);

testSealing(
  "SecureUdpEndpoint.connect() keeps its socket without entropy",
  () => {
    const entropy = countingEntropy();
    const endpoint = new SecureUdpEndpoint("127.0.0.1:9", SHARED, { entropy });
    assertEquals(endpoint.connect(), undefined);
    const { fd } = endpoint;
    entropy.fails = true;
    assertEquals(endpoint.connect()?.syscall, "getentropy");
    assertEquals(endpoint.fd, fd);
    endpoint.close();
  },
);

testSealing(
  "Varta.connectSecureUdp() shows no key when an agent is shown",
  () => {
    for (const key of [SHARED, MASTER]) {
      using agent = Varta.connectSecureUdp("127.0.0.1:9", key);
      agent.beat(Status.Ok);
      const shown = [
        Deno.inspect(agent, { depth: Infinity, showHidden: true }),
        Deno.inspect({ ...agent }),
        Deno.inspect(Object.getOwnPropertyDescriptors(agent)),
        Deno.inspect(structuredClone(agent)),
        JSON.stringify(agent),
        String(agent),
        Deno.inspect(new SecureUdpEndpoint("127.0.0.1:9", key), {
          depth: Infinity,
          showHidden: true,
        }),
        Deno.inspect(
          assertThrows(() => Varta.connectSecureUdp("127.255.255.255:9", key)),
          { depth: Infinity, showHidden: true },
        ),
      ];
      const root = new URL("../../", import.meta.url).href;
      for (const text of shown) {
        // Stack traces contain the paths of files.
        const rest = text.replaceAll(root, "");
        assert(!/167|a7a7|Uint8Array/i.test(rest), text);
      }
    }
  },
);

testSealing(
  "Varta.connectSecureUdp() needs no permission but the C library's",
  async () => {
    using observer = new UdpObserver();
    const kind = await resultOf(
      import.meta.resolve("./programs/beat_udp.ts"),
      [observer.address, "a7".repeat(32)],
      [FFI_GRANT],
    );
    assertEquals(kind, "sent");
    assertEquals(openAll(observer).length, 1);
  },
);

testSealing("mod.ts loads node:crypto only if an agent seals", async () => {
  const program = import.meta.resolve("./programs/node_crypto.ts");
  assertEquals(
    await resultOf(program, [], ["--allow-ffi"]),
    { plain: [], sealed: ["node:crypto"] },
  );
});

testSealing('Varta.connectSecureUdp() takes nonce "clock"', () => {
  using observer = new UdpObserver();
  const { address } = observer;
  using agent = Varta.connectSecureUdp(address, SHARED, { nonce: "clock" });
  const before = monotonicNow();
  agent.beat(Status.Ok);
  assert(openAll(observer)[0].frame.nonce >= before);
});
