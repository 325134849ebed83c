import type { VlpVersion } from "../../mod.ts";
import { hasProgram } from "../support/process.ts";

/** A published observer, and the version of the protocol that it speaks. */
export interface Release {
  readonly version: VlpVersion;
  readonly number: string;
  /** The features that cargo builds in: `/metrics`, and UDP of both kinds. */
  readonly features: readonly string[];
}

export const RELEASES: readonly Release[] = [
  { version: 1, number: "0.1.0", features: [] },
  {
    version: 2,
    number: "0.2.0",
    features: ["prometheus-exporter", "secure-udp", "unsafe-plaintext-udp"],
  },
];

/** Whether the observers can be built for this system. */
export const isSupported: boolean = Deno.build.os !== "windows";

/** The folder into which `deno task observers` installs a release. */
export function installFolder({ number, features }: Release): string {
  // The path names the features: with others it would be another program.
  const name = [number, ...features].join("+");
  return `${import.meta.dirname}/.observers/${name}`;
}

/** The observer's program: `VARTA_WATCH_1` or `_2`, or the installed one. */
export function findProgram(release: Release): string | undefined {
  const program = Deno.env.get(`VARTA_WATCH_${release.version}`) ??
    `${installFolder(release)}/bin/varta-watch`;
  try {
    Deno.statSync(program);
    return program;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The reason why a release cannot be run, if there is one. */
export function reasonForAbsence(release: Release): string | undefined {
  if (findProgram(release) !== undefined) return undefined;
  const name = `varta-watch ${release.number}`;
  if (!isSupported) return `${name} does not run on ${Deno.build.os}`;
  if (!hasProgram("cargo")) return `${name} needs cargo: deno task observers`;
  return `${name} is not built: deno task observers`;
}
