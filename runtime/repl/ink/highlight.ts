/** Colours of what is typed: verbs of the prompt, and the language by its own lexer. */
import { groupsOf, statementWords, tokenize } from '../../../dsl/tokens.ts';
import { findVerb } from '../../../dsl/verbs.ts';
import type { Styled } from './layout.ts';

export type Style = 'statement' | 'clause' | 'keyword' | 'literal' | 'string' | 'variable' | 'comment' | 'mark';

const byToken: Readonly<Record<string, Style>> = {
  Str: 'string', OpenStr: 'string', Variable: 'variable', Comment: 'comment', DocComment: 'comment',
  Ipv4: 'literal', Ipv6: 'literal', Cidr4: 'literal', Cidr6: 'literal', Int: 'literal', Range: 'literal', Duration: 'literal', Percent: 'literal',
  Arrow: 'mark', FatArrow: 'mark',
};

/** Ranges in order that do not overlap. Of a verb's line only the verb is coloured: the rest is not the language. */
export function highlight(text: string): Styled<Style>[] {
  const first = /^\s*(\S+)/.exec(text);
  if (first && !statementWords.includes(first[1]!) && findVerb(first[1]!)) {
    return [{ start: first[0].length - first[1]!.length, end: first[0].length, style: 'statement' }];
  }
  const { tokens, groups } = tokenize(text);
  return [...tokens, ...(groups['comments'] ?? [])]
    .sort((a, b) => a.startOffset - b.startOffset)
    .flatMap((token) => {
      const group = groupsOf(token.tokenType)[0];
      const style = byToken[token.tokenType.name] ?? (group === undefined ? undefined : group === 'statement' || group === 'clause' ? group : 'keyword');
      return style ? [{ start: token.startOffset, end: token.startOffset + token.image.length, style }] : [];
    });
}
