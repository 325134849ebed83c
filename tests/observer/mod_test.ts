import { assertEquals } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import type { DecodeErrorReason, Frame, VlpVersion } from "../../mod.ts";
import * as entry from "../../src/observer/mod.ts";
import type {
  Beat,
  Observation,
  Observer,
  ObserverOptions,
  Peer,
  Rejection,
  StallChange,
} from "../../src/observer/mod.ts";

Deno.test("observer/mod.ts exports only Observer", () => {
  assertEquals(Object.keys(entry), ["Observer"]);
});

Deno.test("observer/mod.ts is @varta/client/observer", async () => {
  assertEquals(await import("@varta/client/observer"), entry);
});

Deno.test("observer/mod.ts has the types of its contract", () => {
  assertType<
    IsExact<
      typeof entry.Observer.bind,
      (path: string | URL, options?: ObserverOptions) => Observer
    >
  >(true);
  assertType<
    IsExact<ObserverOptions, {
      mode?: number;
      version?: VlpVersion;
      release?: "0.2.0" | "0.3.0";
    }>
  >(true);
  assertType<IsExact<Observer["receive"], () => Observation | null>>(true);
  assertType<IsExact<Observation, Beat | Rejection>>(true);
  assertType<
    IsExact<Beat, {
      readonly kind: "beat";
      readonly frame: Frame;
      readonly peer?: Peer;
    }>
  >(true);
  assertType<
    IsExact<
      Rejection["reason"],
      DecodeErrorReason | "PidMismatch" | "OutOfOrder"
    >
  >(true);
  assertType<
    IsExact<Peer, {
      readonly pid: number;
      readonly uid: number;
      readonly gid: number;
    }>
  >(true);
  assertType<
    IsExact<
      Observer["stalls"],
      (threshold: number) => AsyncIterableIterator<StallChange>
    >
  >(true);
  assertType<IsExact<StallChange["kind"], "stalled" | "returned" | "ended">>(
    true,
  );
  assertType<Observer extends Disposable ? true : false>(true);
  assertType<Observer extends AsyncIterable<Observation> ? true : false>(true);
});
