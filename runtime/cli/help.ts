/** Help texts, made from the table of commands. */
import type { Command, Option } from './command.ts';
import { commands, globalOptions } from './commands.ts';

function columns(rows: readonly (readonly [string, string])[], indent = '  '): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${indent}${left.padEnd(width)}  ${right}`).join('\n');
}

function optionRow(option: Option): readonly [string, string] {
  const long = `--${option.name}${option.value ? ` ${option.value}` : ''}`;
  return [option.short ? `-${option.short}, ${long}` : long, option.help];
}

/** What `sluice --help` prints. */
export function overview(): string {
  return [
    'sluice: a small language for the load-balancing datapath of this machine',
    '',
    'Usage: sluice [COMMAND] [ARGUMENTS] [OPTIONS]',
    '',
    'Commands:',
    columns(commands.map((c) => [`${c.name} ${c.args}`.trim(), c.summary] as const)),
    '',
    'Options that every command understands:',
    columns(globalOptions.map(optionRow)),
    '',
    'Examples:',
    columns(commands.slice(0, 5).map((c) => [c.examples[0]!.line, c.examples[0]!.what] as const)),
    '',
    "'sluice COMMAND --help' says more. Exit status: 0 done, 1 errors in the input or the run, 2 usage.",
  ].join('\n');
}

/** What `sluice COMMAND --help` prints. */
export async function helpFor(command: Command): Promise<string> {
  const parts = [
    `sluice ${command.name}: ${command.summary}`,
    '',
    `Usage: sluice ${command.name}${command.args ? ` ${command.args}` : ''} [OPTIONS]`,
  ];
  if (command.about) parts.push('', command.about);
  if (command.choices) parts.push('', `${command.args.split(' ')[0]} is one of:`, columns((await command.choices()).map((c) => [c.name, c.help] as const)));
  if (command.options.length > 0) parts.push('', 'Options:', columns(command.options.map(optionRow)));
  parts.push('', 'Options that every command understands:', columns(globalOptions.map(optionRow)));
  parts.push('', 'Examples:', columns(command.examples.map((e) => [e.line, e.what] as const)));
  return parts.join('\n');
}
