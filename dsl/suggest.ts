/** "Did you mean": the closest of the words that would have been right. */

/**
 * The candidate nearest to `word`, or undefined when none is near enough: at most one edit in three
 * letters (two edits from five letters on). Edits are counted after Damerau (1964) in the restricted
 * form: insertion, deletion, substitution, transposition of neighbours; upper and lower case are the
 * same. Of equally near candidates one that starts with the same letter wins, then the first.
 */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase();
  if (wanted.length > 64) return undefined;
  const limit = wanted.length < 3 ? 1 : wanted.length < 5 ? 1 : Math.max(2, Math.floor(wanted.length / 3));
  let best: string | undefined;
  let bestCost = Infinity;
  for (const candidate of candidates) {
    const other = candidate.toLowerCase();
    if (candidate === word || Math.abs(other.length - wanted.length) > limit) continue;
    const distance = editDistance(wanted, other);
    if (distance > limit || distance >= Math.max(wanted.length, other.length)) continue;
    if (wanted.length < 3 && other.length < 3 && distance > 0 && !isTransposed(wanted, other)) continue;
    const cost = distance * 2 + (other[0] === wanted[0] ? 0 : 1);
    if (cost < bestCost) {
      best = candidate;
      bestCost = cost;
    }
  }
  return best;
}

function isTransposed(a: string, b: string): boolean {
  return a.length === 2 && b.length === 2 && a[0] === b[1] && a[1] === b[0];
}

/** Optimal string alignment distance. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, beforeLast[j - 2]! + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
