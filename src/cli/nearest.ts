/**
 * The word that somebody meant who wrote another: one that it begins, else one
 * of the least distance.
 */
export function nearest(written: string, words: readonly string[]): string {
  const distance = (word: string) =>
    word.startsWith(written) ? 0 : levenshteinDistance(written, word);
  return words.reduce((best, word) =>
    distance(word) < distance(best) ? word : best
  );
}

/**
 * How many characters must be inserted, removed or replaced to make one word of
 * another: the Levenshtein distance.
 */
export function levenshteinDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      next.push(Math.min(
        row[j + 1] + 1,
        next[j] + 1,
        row[j] + (letter === to[j] ? 0 : 1),
      ));
    }
    row = next;
  }
  return row[to.length];
}
