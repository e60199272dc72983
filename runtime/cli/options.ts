/** From words to a `Context`, by the table of commands. Whatever is wrong with them is a `UsageError`. */
import { parseArgs } from 'node:util';
import { suggest } from '../../dsl/suggest.ts';
import { instanceNameRule, isInstanceName } from '../instance-name.ts';
import type { Command, Context, Option, StartRepl } from './command.ts';
import { UsageError } from './command.ts';
import { absentCommands, commands, globalOptions } from './commands.ts';
import type { Io } from './io.ts';

/** What a command line asks for. */
export type Line =
  | { readonly kind: 'run'; readonly command: Command; readonly context: Context }
  | { readonly kind: 'help'; readonly command?: Command }
  | { readonly kind: 'version' }
  | { readonly kind: 'absent'; readonly name: string };

type Value = string | boolean;

/** Splits words into option values and positionals; unknown options are `undefined` in `known`. */
function split(words: readonly string[], options: readonly Option[]): { values: Map<string, Value[]>; positionals: string[]; unknown: string[] } {
  const { tokens } = parseArgs({
    args: [...words],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(options.map((o) => [o.name, {
      type: o.value ? 'string' as const : 'boolean' as const,
      ...(o.short ? { short: o.short } : {}),
      ...(o.multiple ? { multiple: true } : {}),
    }])),
  });
  const values = new Map<string, Value[]>();
  const positionals: string[] = [];
  const unknown: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const option = options.find((o) => o.name === token.name);
    if (!option) {
      unknown.push(token.rawName);
      continue;
    }
    if (option.value && (token.value === undefined || (!token.inlineValue && token.value.startsWith('-') && token.value !== '-'))) {
      throw new UsageError(`${token.rawName} needs a value: ${token.rawName} ${option.value}`);
    }
    if (!option.value && token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`);
    values.set(option.name, [...(values.get(option.name) ?? []), token.value ?? true]);
  }
  return { values, positionals, unknown };
}

function unique(options: readonly Option[]): Option[] {
  return [...new Map(options.map((o) => [o.name, o])).values()];
}

function findCommand(name: string): Command | undefined {
  return commands.find((c) => c.name === name);
}

function unknownCommand(name: string): UsageError {
  const near = suggest(name, commands.map((c) => c.name));
  if (near) return new UsageError(`there is no command '${name}'`, `did you mean 'sluice ${near}'?`);
  if (name.endsWith('.lb')) return new UsageError(`there is no command '${name}'`, `to look at a script: sluice check ${name}`);
  return new UsageError(`there is no command '${name}'`, `the commands are ${commands.map((c) => c.name).join(', ')}`);
}

function helpLine(of: string | undefined): Line {
  if (of === undefined) return { kind: 'help' };
  const command = findCommand(of);
  if (!command) throw unknownCommand(of);
  return { kind: 'help', command };
}

/** Understands the words after `sluice`. */
export function parseLine(words: readonly string[], io: Io, startRepl: StartRepl): Line {
  const everything = unique([...globalOptions, ...commands.flatMap((c) => c.options)]);
  const [name, ...extra] = split(words, everything).positionals;
  if (name === 'version') return { kind: 'version' };
  if (name === 'help') return helpLine(extra[0]);
  if (name !== undefined && absentCommands.has(name)) return { kind: 'absent', name };
  const command = findCommand(name ?? 'repl');
  if (!command) throw unknownCommand(name!);

  const options = unique([...globalOptions, ...command.options]);
  const { values, unknown, positionals } = split(words, options);
  const has = (option: string): boolean => values.has(option);
  if (has('version')) return { kind: 'version' };
  if (has('help')) return name === undefined ? { kind: 'help' } : { kind: 'help', command };
  if (unknown.length > 0) {
    const dashes = /^-+/.exec(unknown[0]!)![0];
    const near = suggest(unknown[0]!.slice(dashes.length), options.map((o) => o.name));
    const where = name === undefined ? 'sluice' : `sluice ${name}`;
    throw new UsageError(`${where} has no option '${unknown[0]}'`, near ? `did you mean '--${near}'?` : `'${where} --help' lists its options`);
  }
  const args = name === undefined ? extra : positionals.slice(1);
  const [least, most] = command.count;
  if (args.length < least) throw new UsageError(`sluice ${command.name} needs ${command.args}`, `e.g. ${command.examples[0]!.line}`);
  if (args.length > most) throw new UsageError(`sluice ${command.name} takes ${command.args || 'no arguments'}, and '${args[most]}' is too much`);
  return { kind: 'run', command, context: contextOf(values, args, io, startRepl) };
}

function contextOf(values: ReadonlyMap<string, Value[]>, args: readonly string[], io: Io, startRepl: StartRepl): Context {
  const value = (name: string): string | undefined => {
    const last = values.get(name)?.at(-1);
    return typeof last === 'string' ? last : undefined;
  };
  const instance = value('instance') ?? 'default';
  if (!isInstanceName(instance)) throw new UsageError(`'${instance}' cannot be the name of an instance`, instanceNameRule);
  const params = new Map<string, string>();
  for (const definition of (values.get('define') ?? []) as string[]) {
    const equals = definition.indexOf('=');
    if (equals < 1) throw new UsageError(`-D wants NAME=VALUE, not '${definition}'`, 'e.g. -D env=prod');
    params.set(definition.slice(0, equals), definition.slice(equals + 1));
  }
  const quiet = values.has('no-color') ? { colorOut: false, colorErr: false } : {};
  return {
    io: { ...io, ...quiet },
    instance,
    bpffs: value('bpffs') ?? '/sys/fs/bpf',
    params,
    json: values.has('json'),
    args,
    startRepl,
    flag: (name) => values.has(name),
    value,
  };
}
