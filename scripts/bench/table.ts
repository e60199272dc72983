/** Medians and tables for benchmarks. Every figure printed comes from a measurement of the same run. */

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * Runs the candidates in turn, `rounds` times over, so that a machine that drifts between speeds hits all alike.
 * Each candidate returns one figure; the medians come back in the same order.
 */
export async function alternate(rounds: number, candidates: readonly (() => number | Promise<number>)[]): Promise<number[]> {
  return (await sampleInTurn(rounds, candidates)).map(median);
}

/** As `alternate`, with every figure: for each candidate one of each round, so that two of the same round can be compared. */
export async function sampleInTurn(rounds: number, candidates: readonly (() => number | Promise<number>)[]): Promise<number[][]> {
  const samples: number[][] = candidates.map(() => []);
  for (let round = 0; round < rounds; round++) {
    await signalsHeard();
    for (const [i, candidate] of candidates.entries()) samples[i]!.push(await candidate());
  }
  return samples;
}

/** Lets the process hear signals, and so end and clean up, between measurements that keep its thread. */
export function signalsHeard(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

export interface Table {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Every table of this run so far. */
export const printed: Table[] = [];

/** Left-aligned first column, right-aligned others. */
export function printTable(title: string, header: readonly string[], rows: readonly (readonly string[])[]): void {
  printed.push({ title, header, rows });
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ').trimEnd();
  console.log(`\n${title}\n${line(header)}\n${widths.map((w) => '-'.repeat(w)).join('  ')}`);
  for (const row of rows) console.log(line(row));
}
