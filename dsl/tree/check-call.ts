/** Calls against the table of signatures: names, arguments, their kinds and operators. */
import type { Arg, Call, Value } from '../ast.ts';
import { callNames, type CallRole, type CallSignature, type ArgumentSignature, describeKinds, fits, reservedArguments, signature } from '../signatures.ts';
import type { Span } from '../span.ts';
import { suggest } from '../suggest.ts';
import { checkPort } from './literals.ts';
import { quote, type Report } from './report.ts';

const unknownCall: Readonly<Record<CallRole, { code: string; noun: string; wanted: string }>> = {
  target: { code: 'LB102', noun: 'target', wanted: 'targets are pods(…), endpoints(…), nodes(…), pool NAME and addresses' },
  hash: { code: 'LB106', noun: 'hash', wanted: 'hashes are maglev, random and rr' },
  health: { code: 'LB130', noun: 'health check', wanted: 'health checks are tcp and http' },
  sync: { code: 'LB102', noun: 'import', wanted: 'what can be imported is services(…)' },
  cluster: { code: 'LB102', noun: 'cluster', wanted: 'clusters are k8s(…)' },
};

export function checkCall(call: Call, role: CallRole, report: Report): void {
  const known = signature(role, call.name.text);
  if (known === undefined) {
    const { code, noun, wanted } = unknownCall[role];
    const near = suggest(call.name.text, role === 'target' ? [...callNames(role), 'pool'] : callNames(role));
    report.error(code, call.name.span, `unknown ${noun} ${quote(call.name.text)}`, {
      hint: near ? `did you mean '${near}'?` : wanted, ...(near && { fix: { span: call.name.span, text: near } }),
    });
    return;
  }
  checkArguments(known, call.args ?? [], call.name.span, report);
}

/** `at`: where to say that something is missing. */
export function checkArguments(known: CallSignature, args: readonly Arg[], at: Span, report: Report): void {
  const seen = new Map<string, Arg>();
  let positional: Arg | undefined;
  for (const arg of args) {
    const name = arg.key.text;
    const argument = arg.key.quoted ? undefined : known.arguments.find((a) => a.name === name);
    if (argument) {
      const first = seen.get(name);
      if (first) report.error('LB019', arg.key.span, `the argument '${name}' is given twice`, { related: [{ message: 'first here', span: first.span }] });
      else seen.set(name, arg);
      checkArgument(argument, arg, known.labels, report);
    } else if (known.positional && positional === undefined && arg.op === 'exists' && arg.key.quoted === known.positional.quoted) {
      positional = arg;
    } else if (!known.labels) {
      unknownArgument(known, arg, positional, report);
    } else if (!arg.key.quoted && reservedArguments.has(name)) {
      report.error('LB103', arg.key.span, `${known.name} has no argument '${name}'`, {
        hint: name === 'weight' ? `a weight stands behind the brackets: ${known.name}(…) weight 2; a label of this name is written "weight"` : `a label of this name is written "${name}"`,
      });
    } else {
      checkLabel(known, arg, report);
    }
  }
  if (known.positional?.required && positional === undefined && !report.hasErrors) {
    report.error('LB108', at, `${known.name} does not say which: ${known.positional.what}`, { hint: `for example ${known.name}(${known.positional.example})` });
  }
}

function unknownArgument(known: CallSignature, arg: Arg, positional: Arg | undefined, report: Report): void {
  const names = known.arguments.map((a) => a.name);
  const near = suggest(arg.key.text, names);
  const extra = known.positional && arg.op === 'exists' && !near;
  const list = names.length === 0 ? `${known.name} takes no ${known.positional ? 'named ' : ''}arguments` : `its arguments are ${names.map((n) => `${n}=`).join(', ')}`;
  const message = extra && positional ? `${known.name} already has ${known.positional!.what}` : extra && !positional
    ? `${known.positional!.what} is written ${known.positional!.quoted ? 'as a text' : 'without quotes'}`
    : `${known.name} has no argument ${quote(arg.key.text)}`;
  report.error('LB103', arg.key.span, message, {
    hint: near ? `did you mean '${near}'?` : extra && !positional ? `for example ${known.name}(${known.positional!.example})` : list,
    ...(near && !arg.key.quoted && { fix: { span: arg.key.span, text: near } }),
  });
}

function checkArgument(argument: ArgumentSignature, arg: Arg, labels: boolean, report: Report): void {
  const operators = argument.operators ?? ['='];
  if (!operators.includes(arg.op)) {
    report.error('LB107', arg.span, `the argument '${argument.name}' is given with ${operators.map((o) => `'${o}'`).join(', ')}`, {
      hint: labels ? `a label of this name is written "${argument.name}"` : `for example ${argument.name}=…`,
    });
    return;
  }
  for (const value of arg.value ? [arg.value] : arg.values ?? []) checkValue(argument, value, report);
}

function checkValue(argument: ArgumentSignature, value: Value, report: Report): void {
  if (value.kind === 'variable') return;
  if (!argument.kinds.some((kind) => fits(value, kind))) {
    report.error('LB107', value.span, `'${argument.name}' takes ${describeKinds(argument.kinds)}`, { hint: `${argument.name}: ${argument.help}` });
    return;
  }
  if (value.kind === 'int' && argument.kinds.includes('port')) checkPort(value, report);
  const text = value.kind === 'word' ? value.text : value.kind === 'string' ? value.value : undefined;
  if (argument.choices && text !== undefined && !argument.choices.includes(text)) {
    const near = suggest(text, argument.choices);
    report.error('LB107', value.span, `'${argument.name}' cannot be ${quote(text)}`, {
      hint: near ? `did you mean '${near}'?` : `it is one of ${argument.choices.join(', ')}`, ...(near && { fix: { span: value.span, text: near } }),
    });
  }
}

const labelValues = new Set<Value['kind']>(['word', 'string', 'int', 'duration', 'range', 'variable']);

function checkLabel(known: CallSignature, arg: Arg, report: Report): void {
  for (const value of arg.value ? [arg.value] : arg.values ?? []) {
    if (!labelValues.has(value.kind)) report.error('LB107', value.span, 'the value of a label is a name or a text', { hint: 'write it in double quotes' });
  }
  if (arg.op === 'in' || arg.op === 'notin') {
    if (arg.values!.length === 0) report.error('LB107', arg.span, `'${arg.op}' needs at least one value in its brackets`);
    return;
  }
  const near = arg.key.quoted || arg.key.text.length < 3 ? undefined : suggest(arg.key.text, known.arguments.map((a) => a.name));
  if (near && arg.op === '=') {
    report.warning('LB135', arg.key.span, `${quote(arg.key.text)} is read as a label`, { hint: `did you mean the argument '${near}'? If not, write "${arg.key.text}"` });
  }
}

/** `label` clauses: `key=value` only. */
export function checkLabels(args: readonly Arg[], report: Report): void {
  const seen = new Map<string, Arg>();
  for (const arg of args) {
    const first = seen.get(arg.key.text);
    if (first) report.error('LB019', arg.key.span, `the label ${quote(arg.key.text)} is given twice`, { related: [{ message: 'first here', span: first.span }] });
    seen.set(arg.key.text, arg);
    if (arg.op !== '=') report.error('LB107', arg.span, 'a label is given as key=value', { hint: `for example ${/^[\w.-]+$/.test(arg.key.text) ? arg.key.text : 'team'}=edge` });
    else if (!labelValues.has(arg.value!.kind)) report.error('LB107', arg.value!.span, 'the value of a label is a name or a text', { hint: 'write it in double quotes' });
  }
}
