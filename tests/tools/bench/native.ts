const symbols = {
  observer_bind: { parameters: ["buffer"], result: "i32" },
  udp_observer_bind: { parameters: [], result: "i32" },
  udp_port: { parameters: ["i32"], result: "i32" },
  udp_agent_connect: { parameters: ["i32"], result: "pointer" },
  observer_drain: { parameters: ["i32"], result: "i32" },
  agent_connect: { parameters: ["buffer"], result: "pointer" },
  agent_descriptor: { parameters: ["pointer"], result: "i32" },
  agent_beat: { parameters: ["pointer", "i32"], result: "i32" },
  timed_beat: { parameters: ["pointer"], result: "i32" },
  bare_sends: { parameters: ["pointer", "i32"], result: "i32" },
} as const;

/** The functions of `beat.c`. */
export type Native = Deno.DynamicLibrary<typeof symbols>["symbols"];

/** Compiles `beat.c` into a folder. Returns the path of the library. */
export function compileNative(folder: string): string {
  const library = `${folder}/beat.so`;
  const source = new URL("beat.c", import.meta.url).pathname;
  const { success, stderr } = new Deno.Command("cc", {
    args: ["-O2", "-Wall", "-shared", "-fPIC", "-o", library, source],
  }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return library;
}

/** Loads the library that {@linkcode compileNative} has made. */
export function loadNative(library: string): Native {
  return Deno.dlopen(library, symbols).symbols;
}

/** Returns a string as C takes it. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}
