// A Worker that throws, or listens to SIGTERM, as its name says.

/// <reference lib="deno.worker" />

if (self.name === "throw") throw new Error("gone");

Deno.addSignalListener("SIGTERM", () => self.postMessage("called"));
self.postMessage("ready");
