/** The `hash` of a service: its table's size, seed and what is hashed. */
import type { Arg, HashClause } from '../../dsl/ast.ts';
import type { Compilation, Draft, Unit } from '../compilation.ts';
import { isPrime, maxTableSize, primeFrom, primeUpTo } from '../maglev.ts';
import type { Hash } from '../state.ts';
import { textOf, valueOf } from '../values.ts';

/** Slots of a Maglev table where a script names no size: room for 163 backends at 1 %. */
const defaultTableSize = 16381;

export function readHash(c: Compilation, draft: Draft, found: { readonly clause: HashClause; readonly unit: Unit } | undefined): Hash {
  const standard: Hash = { kind: 'maglev', size: defaultTableSize, seed: '', by: 'flow' };
  if (!found) return standard;
  const { call } = found.clause;
  const args = call.args ?? [];
  switch (call.name.text) {
    case 'random': return { kind: 'random' };
    case 'rr':
      checkRoundRobin(c, draft, found.clause);
      return { kind: 'rr' };
    default: {
      const named = (name: string): Arg | undefined => args.find((a) => a.key.text === name && !a.key.quoted);
      const text = (name: string): string | undefined => {
        const value = named(name)?.value;
        return value && textOf(c, found.unit.scope, value)?.text;
      };
      const by = text('by');
      if (by !== undefined && by !== 'flow' && by !== 'source') c.error('LB207', named('by')!.value!.span, "'by' is flow or source");
      return { ...standard, size: readSize(c, found.unit, named('size')), seed: text('seed') ?? '', by: by === 'source' ? 'source' : 'flow' };
    }
  }
}

function readSize(c: Compilation, unit: Unit, arg: Arg | undefined): number {
  const value = arg?.value && valueOf(c, unit.scope, arg.value);
  if (!arg?.value || !value) return defaultTableSize;
  const at = arg.value.span;
  if (value.kind !== 'int') {
    c.error('LB207', at, 'the size of a table is a whole number');
    return defaultTableSize;
  }
  const size = value.value;
  if (size < 2 || size > maxTableSize) {
    c.error('LB207', at, `a table has between 2 and ${primeUpTo(maxTableSize)} slots`, { hint: 'usual sizes are 1021, 16381 and 65537' });
    return defaultTableSize;
  }
  if (!isPrime(size)) {
    const [below, above] = [primeUpTo(size), primeFrom(size)];
    const nearest = size - below <= above - size ? below : above;
    c.error('LB207', at, `the size of a table is a prime, and ${size} is not`, {
      hint: `the primes beside it are ${below} and ${above}`, ...(arg.value.kind === 'variable' ? {} : { fix: { span: at, text: String(nearest) } }),
    });
    return defaultTableSize;
  }
  return size;
}

/** Under dsr the balancer sees one direction only, and never that a flow ended. */
function checkRoundRobin(c: Compilation, draft: Draft, clause: HashClause): void {
  const mode = draft.clauses.get('mode')?.clause;
  if (mode?.kind !== 'mode' || mode.name.text !== 'dsr') return;
  c.warning('LB304', clause.call.span, 'rr has to remember every flow, and under dsr nothing tracks when one ends', {
    hint: "'hash maglev' needs no memory of flows", related: [{ message: 'the mode is said here', span: mode.span }],
  });
}
