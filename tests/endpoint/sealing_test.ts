import { assert, assertEquals } from "@std/assert";
import { failureOf } from "../../ffi/failure.ts";
import type { Message } from "../../ffi/message.ts";
import { system } from "../../ffi/system.ts";
import type { SecureUdpKey } from "../../mod.ts";
import { AgentKey } from "../../src/endpoint/_agent_key.ts";
import { type Entropy, SealedMessage } from "../../src/endpoint/_sealing.ts";
import records from "../golden/sealed.json" with { type: "json" };
import { fromHex, toHex } from "../support/frames.ts";
import { messageOf } from "../support/message.ts";
import { openSealed, testSealing } from "../support/sealing.ts";

const KEY: SecureUdpKey = { key: new Uint8Array(32).fill(7) };
const MASTER: SecureUdpKey = { masterKey: new Uint8Array(32).fill(7) };
const MAX_UINT32 = 2 ** 32 - 1;
const { EIO, ENOSYS } = system.errno;

// Frames of two processes.
const FRAME =
  "564102007b0c3f0653faa00500000000ad03000000000000fa8b1a0086eebddb";
const OTHER =
  "56410202ee938d7b1e00000000000000dcd4c042d7c60700aa070000c3e238c0";
const PID = 104_795_259;

/** Entropy that gives the values of a script, or fails for `"none"`. */
function scripted(...script: (number | "none")[]): Entropy {
  return (into) => {
    const next = script.shift();
    if (next === undefined) throw new Error("The script has no more entropy");
    if (next === "none") return failureOf("getentropy", ENOSYS);
    into[0] = next;
  };
}

/** A sealed message, and a function that seals a frame and returns the datagram. */
function sealing(key: SecureUdpKey, entropy: Entropy) {
  const sealed = new SealedMessage(new AgentKey(key), { entropy });
  return {
    sealed,
    /** Begins a session. */
    begin(counter?: number): void {
      assertEquals(sealed.prepare(), undefined);
      sealed.begin(PID, counter);
    },
    seal(frame: Message): Uint8Array {
      assertEquals(sealed.seal(frame), undefined);
      return new Uint8Array(sealed.words.slice().buffer);
    },
  };
}

testSealing(
  "SealedMessage.seal() writes the same bytes as the reference",
  () => {
    for (const record of records) {
      const { key, masterKey, pid, ivRandom, ivCounter } = record;
      const secret: SecureUdpKey = masterKey === undefined
        ? { key: fromHex(key!) }
        : { masterKey: fromHex(masterKey) };
      const { sealed, seal } = sealing(secret, (into) => {
        into.set(new Uint32Array(fromHex(ivRandom).buffer));
        return undefined;
      });
      sealed.prepare();
      sealed.begin(pid, ivCounter);
      const datagram = seal(messageOf(fromHex(record.frame)));
      assertEquals(toHex(datagram), record.datagram);
      assertEquals(Number(sealed.length), datagram.length);
    }
  },
);

testSealing("AgentKey.of() derives the same key as the reference", () => {
  const derived = records.filter(({ masterKey }) => masterKey !== undefined);
  assert(derived.length >= 20);
  for (const { masterKey, derivedKey, pid } of derived) {
    const key = new AgentKey({ masterKey: fromHex(masterKey!) });
    assertEquals(toHex(key.of(pid)), derivedKey);
  }
});

Deno.test("The golden data has both kinds of keys, and the edges of iv_counter", () => {
  for (const isMaster of [false, true]) {
    const counters = records.filter(({ key }) =>
      (key === undefined) === isMaster
    )
      .map(({ ivCounter }) => ivCounter);
    assert(counters.length >= 20);
    for (const edge of [0, 1, 0xff, 0x100, MAX_UINT32 - 1, MAX_UINT32]) {
      assert(counters.includes(edge));
    }
  }
});

for (const key of [KEY, MASTER]) {
  const name = key.key === undefined ? "a master key" : "a shared key";

  testSealing(`SealedMessage.seal() counts up from 0 with ${name}`, () => {
    const { begin, seal } = sealing(key, scripted(1));
    begin();
    const frame = messageOf(fromHex(FRAME));
    for (let i = 0; i < 300; i++) {
      const { counter, frame: { pid } } = openSealed(seal(frame), key);
      assertEquals([counter, pid], [i, PID]);
    }
  });

  testSealing(
    `SealedMessage.seal() begins a session after the last iv_counter with ${name}`,
    () => {
      const { begin, seal } = sealing(key, scripted(1, 2));
      begin(MAX_UINT32 - 1);
      const frame = messageOf(fromHex(FRAME));
      const ivs = Array.from(
        { length: 4 },
        () => openSealed(seal(frame), key).iv,
      );
      assertEquals(ivs, [
        "0100000000000000feffffff",
        "0100000000000000ffffffff",
        "020000000000000000000000",
        "020000000000000001000000",
      ]);
    },
  );

  testSealing(
    `SealedMessage.seal() begins a session in another process with ${name}`,
    () => {
      const { begin, seal } = sealing(key, scripted(1, 2));
      begin(5);
      const [parent, child] = [FRAME, OTHER].map((hex) =>
        openSealed(seal(messageOf(fromHex(hex))), key)
      );
      assertEquals([parent.frame.pid, child.frame.pid], [PID, 2_072_876_014]);
      assertEquals(parent.iv, "010000000000000005000000");
      assertEquals(child.iv, "020000000000000000000000");
    },
  );

  testSealing(
    `SealedMessage.seal() fails if entropy does after the last iv_counter with ${name}`,
    () => {
      const entropy = scripted(1, "none", "none", 1, 2);
      const { begin, sealed, seal } = sealing(key, entropy);
      begin(MAX_UINT32);
      const frame = messageOf(fromHex(FRAME));
      const last = openSealed(seal(frame), key).iv;
      assertEquals(last, "0100000000000000ffffffff");
      assertEquals(sealed.seal(frame), failureOf("getentropy", ENOSYS));
      assertEquals(sealed.seal(frame), failureOf("getentropy", ENOSYS));
      // The entropy repeats itself.
      assertEquals(sealed.seal(frame), failureOf("getentropy", EIO));
      assertEquals(openSealed(seal(frame), key).iv, "020000000000000000000000");
    },
  );
}

testSealing(
  "SealedMessage.prepare() fails if entropy repeats, and changes nothing",
  () => {
    const entropy = scripted(0, 1, 1, "none");
    const { begin, sealed, seal } = sealing(KEY, entropy);
    assertEquals(sealed.prepare(), failureOf("getentropy", EIO));
    begin(3);
    assertEquals(sealed.prepare(), failureOf("getentropy", EIO));
    assertEquals(sealed.prepare(), failureOf("getentropy", ENOSYS));
    const { iv } = openSealed(seal(messageOf(fromHex(FRAME))), KEY);
    assertEquals(iv, "010000000000000003000000");
  },
);

testSealing(
  "SealedMessage.seal() takes the next iv_counter if sealing fails",
  () => {
    const key = new AgentKey(KEY);
    const sealed = new SealedMessage(key, { entropy: scripted(1, "none") });
    sealed.prepare();
    sealed.begin(PID, MAX_UINT32);
    key.wipe();
    const frame = messageOf(fromHex(FRAME));
    assertEquals(sealed.seal(frame), failureOf("getentropy", EIO));
    assertEquals(sealed.seal(frame), failureOf("getentropy", ENOSYS));
  },
);
