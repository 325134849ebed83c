import { assert, assertEquals } from "@std/assert";
import { isEmulated } from "../../support/process.ts";
import { notLinux, testUnless } from "../../support/test_unless.ts";
import { missingTmux } from "../../support/tmux.ts";
import { COLUMNS, FILE, ROWS, takeScreen, TEXTS } from "./picture.ts";
import { toSvg } from "./svg.ts";

const picture = Deno.readTextFileSync(FILE);

/** The texts of a picture without their numbers, sorted. */
function textsOf(svg: string): string[] {
  return Array.from(
    svg.matchAll(/<text.*>(.*)<\/text>/g),
    ([, text]) => text.replace(/\d[\d.]*/g, "0"),
  ).sort();
}

Deno.test("watch.svg has the frame that toSvg() makes", () => {
  const frame = toSvg(Array(ROWS).fill(""), COLUMNS, TEXTS);
  assert(picture.startsWith(frame.replace("</svg>\n", "")));
});

testUnless(
  missingTmux ?? notLinux ??
    (isEmulated ? "processes have the name of the emulator" : undefined),
  "watch.svg shows what takeScreen() takes",
  async () => {
    const texts = textsOf(picture);
    // On a busy machine, an agent may stall or watch may show a warning.
    for (let attempts = 5;; attempts--) {
      const taken = textsOf(toSvg(await takeScreen(0.1), COLUMNS, TEXTS));
      if (`${taken}` === `${texts}`) break;
      if (attempts === 1) assertEquals(taken, texts);
    }
    for (const text of ["PID", "LAST MINUTE", "mailer", "stalled, Ok"]) {
      assert(texts.includes(text), text);
    }
  },
);
