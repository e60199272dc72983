/** Health checks: their times, counts and arguments are judged; running them is for a later build. */
import type { Arg, HealthClause, Value } from '../../dsl/ast.ts';
import { describeKinds, fits, signature } from '../../dsl/signatures.ts';
import type { Compilation, Scope } from '../compilation.ts';
import { valueOf, wrongKind } from '../values.ts';

/** The longest of a time that is kept: a year. */
const longest = 366 * 24 * 3_600_000;

export function checkHealth(c: Compilation, clause: HealthClause, scope: Scope): void {
  c.require('health', 'LB627', 'warning', clause.span, 'health checks are not part of this build: no backend is taken out by itself', "take one out by hand with 'drain' or 'down' behind it");
  const { every, timeout, rise, fall } = clause;
  if (every && (every.ms < 10 || every.ms > longest)) c.error('LB213', every.span, "'every' is at least 10ms and at most a year");
  if (timeout && (timeout.ms < 1 || timeout.ms > longest)) c.error('LB213', timeout.span, "'timeout' is at least 1ms and at most a year");
  if (every && timeout && timeout.ms > every.ms) {
    c.error('LB213', timeout.span, 'a check may not take longer than the time to the next one', { hint: `at most ${every.text}`, related: [{ message: 'the next one comes after this', span: every.span }] });
  }
  for (const [word, count] of [['rise', rise], ['fall', fall]] as const) {
    if (count && (count.value < 1 || count.value > 1000)) c.error('LB213', count.span, `'${word}' is a number of checks, 1 to 1000`);
  }
  for (const arg of clause.call.args ?? []) {
    const value = arg.value && valueOf(c, scope, arg.value);
    if (value) checkArgument(c, clause, arg, value, scope);
  }
}

function checkArgument(c: Compilation, { call }: HealthClause, arg: Arg, value: Value, scope: Scope): void {
  const { kinds } = signature('health', call.name.text)!.arguments.find((a) => a.name === arg.key.text)!;
  if (arg.value!.kind === 'variable' && !kinds.some((kind) => fits(value, kind))) {
    wrongKind(c, scope, arg.value!, describeKinds(kinds));
    return;
  }
  const at = (item: Value): Value['span'] => (arg.value!.kind === 'variable' ? arg.value!.span : item.span);
  for (const written of value.kind === 'set' ? value.items : [value]) {
    const item = valueOf(c, scope, written);
    if (!item) continue;
    const [from, to] = item.kind === 'int' ? [item.value, item.value] : item.kind === 'range' ? [item.from, item.to] : [0, 0];
    if (arg.key.text === 'status' && (from < 100 || to > 599)) c.error('LB213', at(item), 'statuses of HTTP go from 100 to 599');
    if (arg.key.text === 'port' && (from < 1 || to > 65535)) c.error('LB213', at(item), 'ports go from 1 to 65535');
  }
}
