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

Deno.test("observer/mod.ts exports Observer, and no other name", () => {
  assertEquals(Object.keys(entry), ["Observer"]);
});

Deno.test("observer/mod.ts is what @varta/client/observer leads to", async () => {
  assertEquals(await import("@varta/client/observer"), entry);
});

Deno.test("observer/mod.ts has the types that the command line is written against", () => {
  assertType<
    IsExact<
      typeof entry.Observer.bind,
      (path: string | URL, options?: ObserverOptions) => Observer
    >
  >(true);
  assertType<IsExact<ObserverOptions, { mode?: number; version?: VlpVersion }>>(
    true,
  );
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
    IsExact<Rejection["reason"], DecodeErrorReason | "PidMismatch">
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
