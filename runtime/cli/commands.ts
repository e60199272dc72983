/** The one table of commands, from which parsing, help texts and suggestions are made. */
import type { Command, Option } from './command.ts';

export const globalOptions: readonly Option[] = [
  { name: 'instance', value: 'NAME', help: 'which instance of sluice is meant (default: default)' },
  { name: 'bpffs', value: 'DIR', help: 'where the BPF file system is mounted (default: /sys/fs/bpf)' },
  { name: 'define', short: 'D', value: 'NAME=VALUE', multiple: true, help: 'set a param of the scripts' },
  { name: 'json', help: 'facts as JSON, with a format version (not of fmt and repl)' },
  { name: 'no-color', help: 'no colours (as NO_COLOR=1)' },
  { name: 'help', short: 'h', help: 'say how a command is used' },
  { name: 'version', help: 'print the version' },
];

const yes: Option = { name: 'yes', short: 'y', help: 'do it without asking' };

export const commands: readonly Command[] = [
  {
    name: 'repl',
    args: '[FILE…]',
    count: [0, Infinity],
    summary: 'type statements, see the plan, commit (also what plain sluice does)',
    about: 'With root and BPF and no FILE it raises a playground of its own: a client, this load balancer and three pods. A FILE for the prompt has no ruleset line: what is typed there is ruleset repl.',
    options: [],
    examples: [
      { line: 'sluice', what: 'a prompt in a playground' },
      { line: 'sluice repl shop.lb', what: 'begin with the statements of a file' },
    ],
    load: () => import('./repl.ts'),
  },
  {
    name: 'check',
    args: 'FILE…',
    count: [0, Infinity],
    summary: 'find mistakes, change nothing',
    about: 'FILE may be - for standard input.',
    options: [{ name: 'explain', value: 'CODE', help: 'the long form of a diagnostic, with a wrong and a right example' }],
    examples: [
      { line: 'sluice check shop.lb', what: 'what is wrong with a script' },
      { line: 'sluice check --json shop.lb', what: 'the same for an editor or CI' },
      { line: 'sluice check --explain LB104', what: 'what a code means' },
    ],
    load: () => import('./check.ts'),
  },
  {
    name: 'fmt',
    args: 'FILE…|-',
    count: [1, Infinity],
    summary: 'bring scripts into the usual form, in place',
    about: 'White space and line breaks only. Prints the names of the files that it changed; with - it filters standard input.',
    options: [
      { name: 'check', help: 'write nothing; exit status 1 where a file would change' },
      { name: 'diff', help: 'write nothing; print what would change' },
    ],
    examples: [
      { line: 'sluice fmt shop.lb', what: 'rewrite a file' },
      { line: 'sluice fmt --check services/*.lb', what: 'in CI' },
      { line: 'sluice fmt - < shop.lb', what: 'as a filter' },
    ],
    load: () => import('./fmt.ts'),
  },
  {
    name: 'plan',
    args: 'FILE…',
    count: [1, Infinity],
    summary: 'say what an apply would do, change nothing',
    options: [
      { name: 'detailed-exitcode', help: 'exit status 2 where there are changes, 0 where there are none' },
      { name: 'out', value: 'FILE', help: 'save the plan for apply --plan' },
    ],
    examples: [
      { line: 'sluice plan shop.lb', what: 'the changes, and what they mean for maps, program and flows' },
      { line: 'sluice plan -D env=prod shop.lb', what: 'with a param' },
      { line: 'sluice plan --detailed-exitcode shop.lb', what: 'in CI: is what runs what is written?' },
    ],
    load: () => import('./plan.ts'),
  },
  {
    name: 'apply',
    args: 'FILE…',
    count: [0, Infinity],
    summary: 'make the datapath do what the scripts say',
    about: 'Shows the plan and asks. A commit is atomic; when a step fails, the ones before it are undone.',
    options: [
      yes,
      { name: 'plan', value: 'FILE', help: 'apply a plan that plan --out saved, unless something else was applied since' },
      { name: 'capacity', value: 'backends=N,services=N,flows=N', help: 'how much a new instance holds' },
    ],
    examples: [
      { line: 'sluice apply shop.lb', what: 'look at the plan, say yes' },
      { line: 'sluice apply --yes shop.lb', what: 'from a script' },
      { line: 'sluice plan --out p.json shop.lb && sluice apply --yes --plan p.json', what: 'apply exactly what was reviewed' },
    ],
    load: () => import('./apply.ts'),
  },
  {
    name: 'undo',
    args: '',
    count: [0, 0],
    summary: 'go back to the configuration before the last apply',
    options: [yes],
    examples: [{ line: 'sluice undo --yes', what: 'swap back; a second undo swaps forward again' }],
    load: () => import('./undo.ts'),
  },
  {
    name: 'show',
    args: 'WHAT [NAME]',
    count: [0, 2],
    summary: 'read back what runs',
    choices: async () => (await import('../show/show.ts')).topicList,
    options: [
      { name: 'limit', value: 'N', help: 'flows, nat: so many rows (default 50; --json has all)' },
      { name: 'cost', help: 'programs: measure what a packet costs, for a second' },
      { name: 'for', value: 'TIME', help: 'with --cost: measure for so long, e.g. 10s' },
    ],
    examples: [
      { line: 'sluice show services', what: 'every service with its VIPs, backends and counters' },
      { line: 'sluice show backends web', what: 'the backends of one service and their share of the table' },
      { line: 'sluice show flows web', what: 'the remembered flows of one service' },
      { line: 'sluice show programs --cost --for 10s', what: 'packets per second, and nanoseconds for each' },
      { line: 'sluice show --json drops', what: 'for a script' },
    ],
    load: () => import('./show.ts'),
  },
  {
    name: 'flows',
    args: '',
    count: [0, 0],
    summary: 'watch flows being opened and packets being dropped, live',
    about: 'Facts go to stdout, a line for each event; the programs take samples only while this runs. Times are UTC.',
    options: [
      { name: 'sample', value: 'N', help: 'take 1 in N (default 1: all); each costs a packet some hundred nanoseconds' },
      { name: 'for', value: 'TIME', help: 'end after so long, e.g. 10s' },
      { name: 'count', value: 'N', help: 'end after N events' },
    ],
    examples: [
      { line: 'sluice flows', what: 'until ^C' },
      { line: 'sluice flows --sample 1000 --for 1m', what: 'on a busy machine' },
      { line: 'sluice flows --json --count 100', what: 'for a script: a first line with the format, then an object a line' },
    ],
    load: () => import('./flows.ts'),
  },
  {
    name: 'doctor',
    args: '',
    count: [0, 0],
    summary: 'what this machine can do, and how to get what is missing',
    options: [],
    examples: [
      { line: 'sluice doctor', what: 'before the first apply' },
      { line: 'sluice doctor --json', what: 'for an inventory' },
    ],
    load: () => import('./doctor.ts'),
  },
  {
    name: 'down',
    args: '',
    count: [0, 0],
    summary: 'detach and remove everything that sluice put there, and nothing else',
    options: [yes, { name: 'all', help: 'every instance under this bpffs, not only one' }],
    examples: [
      { line: 'sluice down', what: 'asks first' },
      { line: 'sluice down --instance edge --yes', what: 'one instance, without asking' },
    ],
    load: () => import('./down.ts'),
  },
];

/** Commands of the language's design that this build does not have. */
export const absentCommands: ReadonlyMap<string, string> = new Map([
  ['test', 'running test and expect'],
  ['trace', 'following one packet through the datapath'],
  ['run', 'staying up with Kubernetes sync, health checks and metrics'],
  ['lab', 'teaching labs'],
]);
