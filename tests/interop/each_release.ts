import { TestFolder } from "../support/observer.ts";
import { findBinary, type Release, RELEASES } from "./releases.ts";

/** The releases whose program is not there. */
export const absent: readonly Release[] = RELEASES.filter(
  (release) => findBinary(release) === undefined,
);

/**
 * Declares a test for each release of the observer, left out where its program
 * is not there. Each has a folder, and so an observer, of its own: to one
 * observer, two agents of a process are one whose nonces go back.
 */
export function testEachRelease(
  nameFor: (observer: string) => string,
  run: (release: Release, folder: TestFolder) => Promise<void>,
  isIgnored: (release: Release) => boolean = () => false,
): void {
  for (const release of RELEASES) {
    Deno.test({
      name: nameFor(`varta-watch ${release.number}`),
      ignore: absent.includes(release) || isIgnored(release),
      async fn() {
        using folder = new TestFolder();
        await run(release, folder);
      },
    });
  }
}
