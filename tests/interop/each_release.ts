import { TestFolder } from "../support/observer.ts";
import { findBinary, type Release, RELEASES } from "./releases.ts";

/** The releases whose program is not there. */
export const absent: readonly Release[] = RELEASES.filter(
  (release) => findBinary(release) === undefined,
);

/** Which releases a test is for, and whether it cannot be run. */
export interface ReleaseOptions {
  releases?: readonly Release[];
  ignore?: boolean;
}

/**
 * Declares a test for each release of the observer, left out where its program
 * is not there. Each has a folder, and so an observer, of its own: to one
 * observer, two agents of a process are one whose nonces go back.
 */
export function testEachRelease(
  nameFor: (observer: string) => string,
  run: (release: Release, folder: TestFolder) => Promise<void>,
  { releases = RELEASES, ignore = false }: ReleaseOptions = {},
): void {
  for (const release of releases) {
    Deno.test({
      name: nameFor(`varta-watch ${release.number}`),
      ignore: absent.includes(release) || ignore,
      async fn() {
        using folder = new TestFolder();
        await run(release, folder);
      },
    });
  }
}
