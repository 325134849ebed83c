import type { Observation } from "../observer/observation.ts";
import type { StallChange } from "../observer/stall_change.ts";

/** What `watch` shows. */
export type WatchEvent = Observation | StallChange;
