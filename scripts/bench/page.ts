/** The tables of a run as a page or as data, with when, where and how they were measured. */
import { cpus, release } from 'node:os';
import { printed } from './table.ts';

const command = (): string => ['npm run bench --', ...process.argv.slice(2)].join(' ');

function about(): Readonly<Record<string, string>> {
  const all = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    kernel: release().split('-')[0]!,
    machine: `${all.length} × ${all[0]!.model}`,
    node: process.version,
    command: command(),
  };
}

export function json(): string {
  return `${JSON.stringify({ version: 1, ...about(), tables: printed }, null, 2)}\n`;
}

export function markdown(): string {
  const { date, kernel, machine, node } = about();
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const tables = printed.flatMap(({ title, header, rows }) => [
    `## ${title}`, '',
    line(header), line(header.map((_, i) => (i === 0 ? '---' : '--:'))),
    ...rows.map((row) => line(header.map((_, i) => row[i] ?? ''))), '',
  ]);
  return ['# Benchmarks', '', `Measured on ${date}: kernel ${kernel}, ${machine}, Node ${node}, by`, '', '```sh', command(), '```', '', ...tables].join('\n');
}
