import { assert, assertEquals } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import * as varta from "../mod.ts";
import type {
  BeatOutcome,
  BeatSender,
  ConnectOptions,
  DecodeErrorReason,
  DropReason,
  Frame,
  Heartbeat,
  HeartbeatOptions,
  PanicHandlerOptions,
  Status,
  UdpOptions,
  Varta,
  VlpVersion,
} from "../mod.ts";
import { ENTRY_POINTS } from "./support/examples.ts";

Deno.test("mod.ts exports these values", () => {
  assertEquals(Object.keys(varta).sort(), [
    "BeatError",
    "DecodeError",
    "FRAME_LENGTH",
    "MAGIC",
    "NONCE_TERMINAL",
    "Status",
    "Varta",
    "classifySendError",
    "decodeFrame",
    "encodeFrame",
    "installPanicHandler",
    "startHeartbeat",
  ]);
});

Deno.test("mod.ts and the other entry points have no dependency at run time", async () => {
  for (const entryPoint of ENTRY_POINTS) {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--no-config", entryPoint],
      cwd: new URL("../", import.meta.url),
    }).output();
    const { modules } = JSON.parse(new TextDecoder().decode(stdout));
    const specifiers: string[] = modules.map(
      ({ specifier }: { specifier: string }) => specifier,
    );
    assert(specifiers.length > 10);
    const others = specifiers.filter((name) => !/^(file|node):/.test(name));
    assertEquals(others, []);
  }
});

Deno.test("mod.ts exports the agent", () => {
  assertType<IsExact<Status, 0 | 1 | 2 | 3>>(true);
  assertType<
    IsExact<typeof varta.Status, {
      readonly Ok: 0;
      readonly Degraded: 1;
      readonly Critical: 2;
      readonly Stall: 3;
    }>
  >(true);
  assertType<IsExact<VlpVersion, 1 | 2>>(true);
  assertType<
    IsExact<ConnectOptions, {
      version?: VlpVersion;
      reconnectAfter?: number;
      lazy?: boolean;
      nonce?: "count" | "clock";
    }>
  >(true);
  assertType<IsExact<UdpOptions["nonce"], ConnectOptions["nonce"]>>(true);
  assertType<
    IsExact<
      typeof varta.Varta.connect,
      (path: string | URL, options?: ConnectOptions) => Varta
    >
  >(true);
  assertType<
    IsExact<
      Varta["beat"],
      (status: Status, payload?: number | bigint) => BeatOutcome
    >
  >(true);
  assertType<
    IsExact<Varta["beatTerminal"], (payload?: number | bigint) => BeatOutcome>
  >(true);
  assertType<IsExact<Varta["reconnect"], () => void>>(true);
  assertType<IsExact<Varta["setReconnectAfter"], (drops: number) => void>>(
    true,
  );
  assertType<IsExact<Varta["reconnects"], number>>(true);
  assertType<IsExact<Varta["close"], () => void>>(true);
  assertType<Varta extends Disposable ? true : false>(true);
  assertType<Varta extends BeatSender ? true : false>(true);
});

Deno.test("mod.ts exports the outcomes", () => {
  assertType<
    IsExact<
      BeatOutcome,
      | { readonly kind: "sent" }
      | {
        readonly kind: "dropped";
        readonly reason: DropReason;
        readonly errno: number;
        readonly code: string;
      }
      | { readonly kind: "failed"; readonly error: varta.BeatError }
    >
  >(true);
  assertType<
    IsExact<
      DropReason,
      | "kernel-queue-full"
      | "no-observer"
      | "peer-gone"
      | "storage-full"
      | "out-of-memory"
    >
  >(true);
  assertType<varta.BeatError extends Error ? true : false>(true);
  assertType<IsExact<varta.BeatError["errno"], number>>(true);
  assertType<IsExact<varta.BeatError["code"], string>>(true);
  assertType<
    IsExact<typeof varta.classifySendError, (errno: number) => BeatOutcome>
  >(true);
});

Deno.test("mod.ts exports the frames", () => {
  assertType<
    IsExact<Frame, {
      version: VlpVersion;
      status: Status;
      pid: number;
      timestamp: bigint;
      nonce: bigint;
      payload: bigint;
    }>
  >(true);
  assertType<IsExact<typeof varta.FRAME_LENGTH, 32>>(true);
  assertType<IsExact<typeof varta.MAGIC, readonly [0x56, 0x41]>>(true);
  assertType<IsExact<typeof varta.NONCE_TERMINAL, bigint>>(true);
  assertType<
    IsExact<typeof varta.encodeFrame, (frame: Frame, into: Uint8Array) => void>
  >(true);
  assertType<
    IsExact<
      typeof varta.decodeFrame,
      (bytes: Uint8Array, version?: VlpVersion) => Frame
    >
  >(true);
  assertType<varta.DecodeError extends Error ? true : false>(true);
  assertType<IsExact<varta.DecodeError["reason"], DecodeErrorReason>>(true);
  assertType<
    IsExact<
      DecodeErrorReason,
      | "BadLength"
      | "BadMagic"
      | "BadVersion"
      | "BadCrc"
      | "BadStatus"
      | "StallOnWire"
      | "BadPid"
      | "BadTimestamp"
      | "BadNonce"
    >
  >(true);
});

Deno.test("mod.ts exports the heartbeat and the panic handler", () => {
  assertType<
    IsExact<
      BeatSender["beat"],
      (status: Status, payload?: number | bigint) => BeatOutcome
    >
  >(true);
  assertType<
    IsExact<
      typeof varta.startHeartbeat,
      (
        agents: BeatSender | readonly BeatSender[],
        options: HeartbeatOptions,
      ) => Heartbeat
    >
  >(true);
  assertType<Heartbeat extends Disposable ? true : false>(true);
  assertType<IsExact<Heartbeat["stop"], () => void>>(true);
  assertType<
    IsExact<PanicHandlerOptions, { signals?: readonly Deno.Signal[] }>
  >(true);
  assertType<
    IsExact<
      typeof varta.installPanicHandler,
      (
        agent: { beatTerminal(payload?: number | bigint): BeatOutcome },
        options?: PanicHandlerOptions,
      ) => Disposable
    >
  >(true);
});
