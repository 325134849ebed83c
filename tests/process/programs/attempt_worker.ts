/// <reference lib="deno.worker" />

import { attempt } from "./attempt.ts";

self.postMessage(attempt(Deno.args[0]));
