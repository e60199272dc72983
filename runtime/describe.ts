/** Steps of a plan in words: each completes "could not …". */
import type { Step } from '../compiler/plan-types.ts';
import { count } from './show/table.ts';

const entryWords = { ranges: 'source ranges', sources: 'sources', targets: 'backends by address' } as const;
const markWords = { deadFrom: ['alive', 'gone'], drainFrom: ['taking new flows', 'draining'] } as const;

export function describeStep(step: Step): string {
  switch (step.kind) {
    case 'create-instance': return 'make the maps of a new instance';
    case 'create-arena': return `make room for ${count(step.slots, 'slot')}`;
    case 'add-neighbours': return `give the kernel ${count(step.neighbours.length, 'neighbour')} to keep`;
    case 'write-rows': return `write ${count(step.rows.length, 'backend')}`;
    case 'write-tables': return `write ${count(step.tables.length, 'lookup table')}`;
    case 'write-meta': return `write names and labels of ${count(step.services.length, 'service')}`;
    case 'write-services': return `write the service map of ${count(step.generation.services.length, 'service')}`;
    case 'write-addresses': return 'write which addresses are VIPs and backends';
    case 'replace-program': return step.when === 'before-swap'
      ? `load a program that does both the old and the new (${step.program.variant})`
      : `put the smallest program for the new configuration in (${step.program.variant})`;
    case 'attach': return `attach to ${step.attachment.interface}`;
    case 'write-entries': return `write ${entryWords[step.map]} of ${count(step.services.length, 'service')}`;
    case 'mark-rows': return `mark ${count(step.rows.length, 'backend')} as ${markWords[step.field][step.serial === 0 ? 0 : 1]}`;
    case 'swap': return 'swap the new configuration in';
    case 'swap-back': return 'swap the former configuration in';
    case 'detach': return `detach from ${step.interface}`;
    case 'remove-neighbours': return `take back ${count(step.neighbours.length, 'neighbour')} from the kernel`;
    case 'sweep': return 'free what nothing refers to any more';
  }
}
