import type { VlpVersion } from "../../mod.ts";
import { hasProgram } from "../support/process.ts";

/** A published observer, and the version of the protocol that it speaks. */
export interface Release {
  readonly version: VlpVersion;
  readonly number: string;
  /** Whether it receives over UDP. */
  readonly hasUdp: boolean;
  /** What cargo must be told to build in: `/metrics`, and UDP of both kinds. */
  readonly features: readonly string[];
}

export const RELEASES: readonly Release[] = [
  { version: 1, number: "0.1.0", hasUdp: false, features: [] },
  {
    version: 2,
    number: "0.2.0",
    hasUdp: true,
    features: ["prometheus-exporter", "secure-udp", "unsafe-plaintext-udp"],
  },
];

/** Whether the observers can be built for this system at all. */
export const isSupported: boolean = Deno.build.os !== "windows";

/** Where `cargo install` puts a release, from this folder. */
export function installFolder({ number, features }: Release): string {
  // The features are in the path, since a program with others is another one.
  return `.observers/${[number, ...features].join("+")}`;
}

/** The observer's program: what `VARTA_WATCH_1` or `_2` names, or what is installed. */
export function findBinary(release: Release): string | URL | undefined {
  const named = Deno.env.get(`VARTA_WATCH_${release.version}`);
  if (named) return named;
  const path = `${installFolder(release)}/bin/varta-watch`;
  const installed = new URL(path, import.meta.url);
  try {
    Deno.statSync(installed);
    return installed;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Why a release that has no program has none. */
export function reasonForAbsence(): string {
  if (!isSupported) return `they do not run on ${Deno.build.os}`;
  if (!hasProgram("cargo")) return "there is no cargo to build them";
  return "they are not built yet: deno run -A tests/interop/install.ts does it";
}
