import { assert, assertEquals, assertThrows } from "@std/assert";
import type { SecureUdpKey } from "../../mod.ts";
import { AgentKey } from "../../src/endpoint/_agent_key.ts";
import { BeatFrame } from "../../src/agent/_frame_writer.ts";
import { protocolOf } from "../../src/frame/_protocol.ts";
import { type Entropy, SealedFrame } from "../../src/endpoint/_sealing.ts";
import records from "../golden/sealed.json" with { type: "json" };
import { fromHex, toHex } from "../support/frames.ts";
import { openSealed, testSealing } from "../support/sealing.ts";
import "../support/udp_observer.ts";

const KEY: SecureUdpKey = { key: new Uint8Array(32).fill(7) };
const MASTER: SecureUdpKey = { masterKey: new Uint8Array(32).fill(7) };
const MaxUint32 = 2 ** 32 - 1;

function frameOf(bytes: Uint8Array): BeatFrame {
  const frame = new BeatFrame(protocolOf(2));
  frame.words.set(new Uint32Array(bytes.slice().buffer), frame.begin);
  return frame;
}

const FRAME =
  "564102007b0c3f0653faa00500000000ad03000000000000fa8b1a0086eebddb";
const OTHER =
  "56410202ee938d7b1e00000000000000dcd4c042d7c60700aa070000c3e238c0";
const PID = 104_795_259;

/** Entropy that counts up from 1, and then is what the script says. */
function scripted(...script: (number | Error)[]): Entropy {
  return (into) => {
    const next = script.shift();
    if (next === undefined) throw new Error("The script has no more entropy");
    if (next instanceof Error) throw next;
    into[0] = next;
  };
}

/** A sealed frame, and what it is once it has sealed another frame. */
function sealing(key: SecureUdpKey, entropy: Entropy) {
  const sealed = new SealedFrame(new AgentKey(key), entropy);
  return {
    sealed,
    seal(frame: BeatFrame): Uint8Array {
      sealed.seal(frame);
      return new Uint8Array(sealed.words.slice().buffer);
    },
  };
}

testSealing("SealedFrame.seal() writes the bytes of the reference", () => {
  for (const record of records) {
    const { key, masterKey, pid, ivRandom, ivCounter } = record;
    const secret: SecureUdpKey = masterKey === undefined
      ? { key: fromHex(key!) }
      : { masterKey: fromHex(masterKey) };
    const { sealed, seal } = sealing(secret, scripted());
    const words = new Uint32Array(fromHex(ivRandom).buffer);
    sealed.begin({ pid, ivRandom: words }, ivCounter);
    const datagram = seal(frameOf(fromHex(record.frame)));
    assertEquals(toHex(datagram), record.datagram);
    assertEquals(Number(sealed.length), datagram.length);
  }
});

testSealing("AgentKey.of() derives the key of the reference", () => {
  const derived = records.filter(({ masterKey }) => masterKey !== undefined);
  assert(derived.length >= 20);
  for (const { masterKey, derivedKey, pid } of derived) {
    const key = new AgentKey({ masterKey: fromHex(masterKey!) });
    assertEquals(toHex(key.of(pid)), derivedKey);
  }
});

Deno.test("The golden data holds both sealings, and the least and the greatest iv_counter of each", () => {
  for (const isMaster of [false, true]) {
    const counters = records.filter(({ key }) =>
      (key === undefined) === isMaster
    )
      .map(({ ivCounter }) => ivCounter);
    assert(counters.length >= 20);
    for (const edge of [0, 1, 0xff, 0x100, MaxUint32 - 1, MaxUint32]) {
      assert(counters.includes(edge));
    }
  }
});

for (const key of [KEY, MASTER]) {
  const name = key.key === undefined ? "a master key" : "a shared key";

  testSealing(`SealedFrame.seal() counts up from 0 with ${name}`, () => {
    const { sealed, seal } = sealing(key, scripted(1));
    sealed.begin(sealed.createSession(PID));
    const frame = frameOf(fromHex(FRAME));
    for (let i = 0; i < 300; i++) {
      const { counter, frame: { pid } } = openSealed(seal(frame), key);
      assertEquals([counter, pid], [i, PID]);
    }
  });

  testSealing(
    `SealedFrame.seal() draws a new iv_random behind the last iv_counter with ${name}`,
    () => {
      const { sealed, seal } = sealing(key, scripted(1, 2));
      sealed.begin(sealed.createSession(PID), MaxUint32 - 1);
      const frame = frameOf(fromHex(FRAME));
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
    `SealedFrame.seal() begins a session of its own in another process with ${name}`,
    () => {
      const { sealed, seal } = sealing(key, scripted(1, 2));
      sealed.begin(sealed.createSession(PID), 5);
      const [parent, child] = [FRAME, OTHER].map((hex) =>
        openSealed(seal(frameOf(fromHex(hex))), key)
      );
      assertEquals([parent.frame.pid, child.frame.pid], [PID, 2_072_876_014]);
      assertEquals(parent.iv, "010000000000000005000000");
      assertEquals(child.iv, "020000000000000000000000");
    },
  );

  testSealing(
    `SealedFrame.seal() throws where entropy fails at the last iv_counter, and uses none again, with ${name}`,
    () => {
      const none = new Error("none");
      const { sealed, seal } = sealing(key, scripted(1, none, none, 1, 2));
      sealed.begin(sealed.createSession(PID), MaxUint32);
      const frame = frameOf(fromHex(FRAME));
      const last = openSealed(seal(frame), key).iv;
      assertEquals(last, "0100000000000000ffffffff");
      assertThrows(() => seal(frame), Error, "none");
      assertThrows(() => seal(frame), Error, "none");
      assertThrows(() => seal(frame), Error, "its iv_random is the last one's");
      assertEquals(openSealed(seal(frame), key).iv, "020000000000000000000000");
    },
  );
}

testSealing(
  "SealedFrame.createSession() throws where entropy is all zeros, and leaves the session as it is",
  () => {
    const { sealed, seal } = sealing(KEY, scripted(0, 1, new Error("none")));
    assertThrows(() => sealed.createSession(PID), Error, "is the last one's");
    sealed.begin(sealed.createSession(PID), 3);
    assertThrows(() => sealed.createSession(PID), Error, "none");
    const { iv } = openSealed(seal(frameOf(fromHex(FRAME))), KEY);
    assertEquals(iv, "010000000000000003000000");
  },
);

testSealing(
  "SealedFrame.seal() spends the iv_counter where sealing fails",
  () => {
    const key = new AgentKey(KEY);
    const sealed = new SealedFrame(key, scripted(1));
    sealed.begin(sealed.createSession(PID), MaxUint32);
    key.wipe();
    const frame = frameOf(fromHex(FRAME));
    assertThrows(() => sealed.seal(frame), Error, "Cannot use a wiped key");
    assertThrows(() => sealed.seal(frame), Error, "no more entropy");
  },
);
