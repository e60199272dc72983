/** What the REPL says first. */
import packageJson from '../../package.json' with { type: 'json' };
import { sanitize } from '../../dsl/sanitize.ts';
import type { Diagnostic } from '../../dsl/diagnostic.ts';
import type { Playground } from '../lab/playground.ts';
import type { Paint } from './paint.ts';

function title(paint: Paint, what: string): string {
  return `${paint.bold(`Sluice ${packageJson.version}`)}${paint.dim(`, ${sanitize(what)}`)}`;
}

/** The picture of the playground and the invitation; fits 80 columns. */
export function playgroundGreeting(playground: Pick<Playground, 'pods' | 'client' | 'sentence'>, system: string, paint: Paint): string {
  const { pods } = playground;
  const left = `  client ${playground.client[0]} ── load balancer ─`;
  const middle = Math.floor((pods.length - 1) / 2);
  const rows = pods.map((pod, i) => {
    const joint = pods.length === 1 ? '─' : i === 0 ? '┌' : i === pods.length - 1 ? '└' : '├';
    const stem = i === middle ? left + (joint === '├' ? '┼' : joint) : ' '.repeat(left.length) + joint;
    return `${stem}─ ${pod.name} ${paint.dim(pod.ips[0])}`;
  });
  const common = Object.entries(pods[0]?.labels ?? {}).filter(([k, v]) => pods.every((p) => p.labels[k] === v));
  const [key, value] = common[0] ?? ['app', ''];
  return [
    title(paint, `a playground on ${system}`),
    '',
    ...rows,
    '',
    `Real network namespaces, real HTTP servers, real XDP; the pods are labelled ${key}=${value}.`,
    'This load balancer has no service yet. Enter this sentence:',
    '',
    `  ${paint.accent(playground.sentence)}`,
    '',
    `then ${paint.bold('commit')} and ${paint.bold('send 30')}. ${paint.bold('help')} lists the rest; ${paint.bold('quit')} leaves and removes it all.`,
  ].join('\n');
}

export function machineGreeting(system: string, paint: Paint): string {
  return [title(paint, system), `Type a statement to see its plan, ${paint.bold('commit')} to make it live, ${paint.bold('help')} for the rest.`].join('\n');
}

/** What can be done without privilege, what cannot, and how to get there. */
export function limitedGreeting(obstacle: Diagnostic, paint: Paint): string {
  return [
    title(paint, 'without access to the datapath'),
    '',
    `  ${sanitize(obstacle.message)}`,
    ...(obstacle.hint ? [`  ${paint.dim(sanitize(obstacle.hint))}`] : []),
    '',
    `Here you can     check statements as you type them, ${paint.bold('plan')} against an empty`,
    `                 datapath, ${paint.bold('explain')} a code, ${paint.bold('save')} and ${paint.bold('load')} scripts`,
    `Here you cannot  ${paint.bold('commit')}, ${paint.bold('undo')}, ${paint.bold('show')} what runs, or raise the playground`,
  ].join('\n');
}
