/** Which line of a cell a line of its compiled code comes from: errors name the latter. */

/**
 * Aligns compiled code with its source by the words of their lines; the compiler keeps the order of lines but drops blank
 * ones, types and comments, and adds some of its own. Returns for each compiled line (from 0) a source line (from 1): the
 * one that it comes from, or the one before it where it was added.
 */
export function alignLines(source: string, compiled: string): number[] {
  const from = source.split("\n").map(words);
  const to = compiled.split("\n").map(words);
  // best[j][i]: the most words that the first j compiled and the first i source lines can share, in order.
  const best = [Array<number>(from.length + 1).fill(0)];
  for (const line of to) {
    const above = best.at(-1)!;
    const row = [0];
    for (const [i, sourceLine] of from.entries())
      row.push(Math.max(above[i + 1]!, row[i]!, above[i]! + shared(sourceLine, line)));
    best.push(row);
  }
  const lines = Array<number>(to.length).fill(0);
  let i = from.length;
  for (let j = to.length; j > 0; j--) {
    while (i > 0 && best[j]![i] === best[j]![i - 1]) i--;
    if (best[j]![i] === best[j - 1]![i]) continue; // a line of the compiler's own
    lines[j - 1] = i;
    i--;
  }
  for (const [j, line] of lines.entries()) if (!line) lines[j] = Math.max(1, lines[j - 1] ?? 1);
  return lines;
}

/** The words of a line and how often each stands there, but for those that begin a line of the compiler's own. */
function words(line: string): Map<string, number> {
  const counts = new Map<string, number>();
  if (/^\s*(?:\/\/|exports\.[\w$]+ = [\w$]+;$)/.test(line)) return counts;
  for (const word of line.match(/[\w$]+|[^\s\w$]/gu) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** The share of words in common, from 0 to 1, counted where it is at least a third. */
function shared(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let [common, total] = [0, 0];
  for (const [word, n] of a) common += Math.min(n, b.get(word) ?? 0);
  for (const counts of [a, b]) for (const n of counts.values()) total += n;
  const share = total ? (2 * common) / total : 0;
  return share < 1 / 3 ? 0 : share;
}
