import type { Release } from "../../interop/releases.ts";

const PAGE = new URL("../../../.github/DEPLOYMENTS.md", import.meta.url);
const [INTRODUCTION, ...SECTIONS] = Deno.readTextFileSync(PAGE).split("\n## ");

/** The silence that the recipes tolerate, in milliseconds. */
export const THRESHOLD = 5_000;

/**
 * A block of the page.
 *
 * @param title The title of its section.
 * @param index Which one of its language, in this section.
 */
export function block(title: string, language: string, index = 0): string {
  const section = SECTIONS.find((text) => text.startsWith(`${title}\n`)) ??
    INTRODUCTION;
  const [, text] = Array.from(
    section.matchAll(RegExp(`^\`\`\`${language}[^\n]*\n(.*?)\`\`\``, "gms")),
  )[index];
  return text;
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
  const lines = forRelease(block("", "ts"), release).replace(
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
