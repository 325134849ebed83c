import type { Release } from "../../interop/releases.ts";
import { blocksOf } from "../../support/examples.ts";

const PAGE = ".github/DEPLOYMENTS.md";

/** The silence that the recipes tolerate, in milliseconds. */
export const THRESHOLD = 5_000;

/** The block of the page that has these words. */
export function findBlock(language: string, words: string): string {
  const block = blocksOf(PAGE, language).find((block) => block.includes(words));
  if (block === undefined) throw new Error(`${PAGE} has no block of ${words}`);
  return block;
}

/** A recipe with what the page says about varta-watch 0.1.0. */
export function forRelease(recipe: string, { version }: Release): string {
  if (version === 2) return recipe;
  return recipe.replace("version: 2", "version: 1")
    .replaceAll("--recovery-exec", "--recovery-cmd")
    .replace(/[\s-]+--signal-handler-mode[\s-]+libc/, "");
}

/**
 * The program of the service: it has the lines of the page, prints each outcome,
 * and its event loop hangs at SIGUSR2.
 */
export function serviceProgram(release: Release): string {
  const lines = forRelease(findBlock("ts ignore", "Varta.connect"), release)
    .replace(
      "startHeartbeat(agent, {",
      "$& onOutcome: ({ kind }) => console.log(kind),",
    );
  return `${lines}
Deno.addSignalListener("SIGUSR2", () => {
  for (;;);
});
setInterval(() => {}, 1_000);
`;
}
