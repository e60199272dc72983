/** The tables of a run as a page or as data, with when, where and how they were measured. */
import { cpus, loadavg, release } from 'node:os';
import { printed } from './table.ts';

/** Of other work, before ours began. */
const load = loadavg()[1]!.toFixed(1);

const command = (): string => ['npm run bench --', ...process.argv.slice(2)].join(' ');

function about(): Readonly<Record<string, string>> {
  const all = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    kernel: release().split('-')[0]!,
    machine: `${all.length} × ${all[0]!.model}`,
    node: process.version,
    load,
    command: command(),
  };
}

export function json(): string {
  return `${JSON.stringify({ version: 1, ...about(), tables: printed }, null, 2)}\n`;
}

const reading = `Nanoseconds are the kernel's own (\`duration\` of BPF_PROG_TEST_RUN) and include the wrapper, which restores the packet before each run
and gives it the next flow; \`empty\` is the wrapper before a program that returns at once. \`× floor\` is the median of the ratios
within each round, against the least that a program of that kind can do (\`bpf/bench/floors.bpf.c\`: no counters, no routes, no
neighbours, constant MAC addresses, small keys); targets are about it. \`× net\` is the same without the wrapper. Established: every flow was seen
before. All new: tables are full before it counts. \`n/a\`: this build cannot; \`drop!\`: the program answered so instead of forwarding.

Over veth, a generator sends on one core, the balancer's thread receives and forwards on another, and what comes back for a backend is
counted. \`of a core\` is per second that the thread had its core: what it would forward if it were never kept waiting by the
generator or by other work of the machine. \`sluice ×\` is how many times as much of it \`sluice dsr ipip\` forwards.`;

export function markdown(): string {
  const { date, kernel, machine, node } = about();
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const tables = printed.flatMap(({ title, header, rows }) => [
    `## ${title}`, '',
    line(header), line(header.map((_, i) => (i === 0 ? '---' : '--:'))),
    ...rows.map((row) => line(header.map((_, i) => row[i] ?? ''))), '',
  ]);
  return ['# Benchmarks', '', `Measured on ${date}: kernel ${kernel}, ${machine}, Node ${node}, load average ${load} before it began, by`, '', '```sh', command(), '```', '', reading, '', ...tables].join('\n');
}
