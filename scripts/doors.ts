/** Checks the import rules of ARCHITECTURE.md and names the file and the import that broke one. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

interface Rule {
  readonly name: string;
  /** Files the rule is about. */
  readonly files: (file: string) => boolean;
  /** Whether such a file may import this (a repository path, or a bare specifier). */
  readonly allows: (target: string, file: string) => boolean;
}

const under = (...folders: string[]) => (path: string): boolean => folders.some((f) => path.startsWith(`${f}/`));
const isPath = (target: string): boolean => /^(dsl|compiler|runtime|scripts|test|bpf)\//.test(target);
const only = (...allowed: ((path: string) => boolean)[]) => (target: string): boolean => allowed.some((a) => a(target));
const bare = (...names: string[]) => (target: string): boolean => names.some((n) => target === n || target.startsWith(`${n}/`));

const rules: readonly Rule[] = [
  { name: 'dsl imports chevrotain and itself', files: under('dsl'), allows: only(under('dsl'), bare('chevrotain')) },
  { name: 'compiler imports dsl and itself', files: under('compiler'), allows: only(under('dsl', 'compiler')) },
  { name: 'nothing imports scripts', files: (f) => !f.startsWith('scripts/') && !f.startsWith('test/'), allows: (t) => !t.startsWith('scripts/') },
  { name: 'nothing imports tests', files: (f) => !f.startsWith('test/') && !f.startsWith('scripts/bench/') && f !== 'scripts/fuzz.ts', allows: (t) => !t.startsWith('test/') },
  { name: 'runtime/vm is pure', files: under('runtime/vm'), allows: (t) => isPath(t) },
  { name: 'koffi only in runtime/kernel/libbpf.ts', files: (f) => f !== 'runtime/kernel/libbpf.ts', allows: (t) => !bare('koffi')(t) },
  { name: 'ink and react only in runtime/repl', files: (f) => !f.startsWith('runtime/repl/') && !f.startsWith('test/runtime/repl/'), allows: (t) => !bare('ink', 'react')(t) },
  { name: 'yaml only in runtime/k8s', files: (f) => !f.startsWith('runtime/k8s/'), allows: (t) => !bare('yaml')(t) },
  {
    name: 'cli, repl and lsp do not import each other, but for runtime/cli/main.ts',
    files: (f) => under('runtime/cli', 'runtime/repl', 'runtime/lsp')(f) && f !== 'runtime/cli/main.ts',
    allows: (t, f) => !under('runtime/cli', 'runtime/repl', 'runtime/lsp')(t) || t.split('/')[1] === f.split('/')[1],
  },
];

const importPattern = /(?:^|\n)\s*(?:import|export)\s(?:[^'"]*?\sfrom\s)?\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]/g;
/** What the pure folders must not reach for: the clock, randomness, the process. */
const impure = /\b(?:Date\.now|new Date|Math\.random|performance\.now|crypto\.\w|process\.\w|globalThis\.\w)/;
const broken: string[] = [];
for (const file of globSync('{dsl,compiler,runtime,scripts,test}/**/*.{ts,tsx}').sort()) {
  const text = readFileSync(file, 'utf8');
  if (under('dsl', 'compiler', 'runtime/vm')(file)) {
    const found = impure.exec(text);
    if (found) broken.push(`${file}: uses '${found[0]}', but dsl, compiler and runtime/vm have no clock, no randomness and no process`);
  }
  for (const match of text.matchAll(importPattern)) {
    const specifier = (match[1] ?? match[2])!;
    const target = specifier.startsWith('.') ? normalize(join(dirname(file), specifier)) : specifier;
    for (const rule of rules) {
      if (rule.files(file) && !rule.allows(target, file)) broken.push(`${file}: imports '${specifier}', but ${rule.name}`);
    }
  }
}
for (const line of broken) console.error(line);
if (broken.length > 0) process.exitCode = 1;
else console.log('doors: all imports keep the rules');
