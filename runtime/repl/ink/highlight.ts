/** Colours of the language while it is typed, from its own lexer. */
import { groupsOf, tokenize } from '../../../dsl/tokens.ts';
import type { Styled } from './layout.ts';

export type Style = 'statement' | 'clause' | 'keyword' | 'literal' | 'string' | 'variable' | 'comment' | 'mark';

const byToken: Readonly<Record<string, Style>> = {
  Str: 'string', OpenStr: 'string', Variable: 'variable', Comment: 'comment', DocComment: 'comment',
  Ipv4: 'literal', Ipv6: 'literal', Cidr4: 'literal', Cidr6: 'literal', Int: 'literal', Range: 'literal', Duration: 'literal', Percent: 'literal',
  Arrow: 'mark', FatArrow: 'mark',
};

/** Ranges in order that do not overlap. */
export function highlight(text: string): Styled<Style>[] {
  const { tokens, groups } = tokenize(text);
  return [...tokens, ...(groups['comments'] ?? [])]
    .sort((a, b) => a.startOffset - b.startOffset)
    .flatMap((token) => {
      const group = groupsOf(token.tokenType)[0];
      const style = byToken[token.tokenType.name] ?? (group === undefined ? undefined : group === 'statement' || group === 'clause' ? group : 'keyword');
      return style ? [{ start: token.startOffset, end: token.startOffset + token.image.length, style }] : [];
    });
}
