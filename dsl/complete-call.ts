/** Completion of calls: their names, their arguments, the values that an argument has. */
import type { IToken } from 'chevrotain';
import type { Expected } from './expected.ts';
import { type CallRole, type CallSignature, signature, signatures } from './signatures.ts';
import * as t from './tokens.ts';

export interface Offer {
  readonly text: string;
  readonly kind: string;
  readonly help: string;
}

const roles: Readonly<Record<string, CallRole>> = { target: 'target', hashClause: 'hash', healthClause: 'health', syncStatement: 'sync' };

/** Offers for a place in or at a call; undefined where the place has nothing to do with one. */
export function callOffers({ token, rules }: Expected, row: readonly IToken[]): Offer[] | undefined {
  if (token === t.CallName) return named(roles[rules.at(-2) ?? ''] ?? 'target');
  const inner = rules.at(-1);
  if (inner === 'path' && token === t.Name && rules.at(-2) === 'key') return rules.includes('args') ? parameters(row) : [];
  if (inner === 'path' && rules.at(-2) === 'value') return choices(row);
  return undefined;
}

function named(role: CallRole): Offer[] {
  return signatures.filter((s) => s.role === role).map((s) => ({
    text: s.arguments.length > 0 && role !== 'hash' && role !== 'health' ? `${s.name}(` : s.name, kind: 'call', help: s.help,
  }));
}

/** The call whose brackets are open at the end of the row. */
function openCall(row: readonly IToken[]): { readonly known: CallSignature | undefined; readonly inside: readonly IToken[] } {
  let depth = 0;
  for (let i = row.length - 1; i > 0; i--) {
    const type = row[i]!.tokenType;
    if (type === t.RParen) depth++;
    else if (type === t.LParen && depth-- === 0) {
      const name = row[i - 1]!.image;
      const known = (['target', 'hash', 'health', 'sync', 'cluster'] as const).map((role) => signature(role, name)).find((s) => s !== undefined);
      return { known, inside: row.slice(i + 1) };
    }
  }
  return { known: undefined, inside: [] };
}

function parameters(row: readonly IToken[]): Offer[] {
  if (row.at(-1)?.tokenType === t.Not) return [];
  const { known, inside } = openCall(row);
  const given = new Set(inside.filter((_, i) => inside[i + 1]?.tokenType === t.Equals).map((token) => token.image));
  return (known?.arguments ?? []).filter((a) => !given.has(a.name)).map((a) => ({ text: `${a.name}=`, kind: 'argument', help: a.help }));
}

function choices(row: readonly IToken[]): Offer[] {
  if (row.at(-1)?.tokenType !== t.Equals) return [];
  const argument = openCall(row).known?.arguments.find((a) => a.name === row.at(-2)?.image);
  return (argument?.choices ?? []).map((text) => ({ text, kind: 'value', help: argument!.help }));
}
