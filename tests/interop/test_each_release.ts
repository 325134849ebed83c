import { TestFolder } from "../support/test_folder.ts";
import { testUnless } from "../support/test_unless.ts";
import { reasonForAbsence, type Release, RELEASES } from "./releases.ts";

/** The releases that a test is for, and why it cannot run, if so. */
export interface ReleaseOptions {
  releases?: readonly Release[];
  reason?: string;
}

/**
 * Declares a test for each release of the observer, skipped if that is not
 * built. Each test has a folder of its own.
 */
export function testEachRelease(
  nameFor: (observer: string) => string,
  fn: (release: Release, folder: TestFolder) => Promise<void>,
  { releases = RELEASES, reason }: ReleaseOptions = {},
): void {
  for (const release of releases) {
    testUnless(
      reasonForAbsence(release) ?? reason,
      nameFor(`varta-watch ${release.number}`),
      async () => {
        using folder = new TestFolder();
        await fn(release, folder);
      },
    );
  }
}
