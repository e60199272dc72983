/**
 * What may come next. Walks the grammar's productions along a row of tokens, keeping every way to read
 * it, and stops at the first token that no reading allows. That token is where a mistake is reported,
 * whatever the parser's lookahead made of it; at the end of the row, the same answer is what completion
 * offers.
 */
import {
  Alternation, Alternative, type IProduction, type IToken, NonTerminal, Option, Repetition, RepetitionMandatory,
  RepetitionMandatoryWithSeparator, RepetitionWithSeparator, Terminal, tokenMatcher, type TokenType,
} from 'chevrotain';
import { bug } from './diagnostic.ts';
import { statementParser } from './parser.ts';

/** A place in the grammar: the production at `index` of `list` is next, then the rest, then `up`. */
interface Place {
  readonly list: readonly IProduction[];
  readonly index: number;
  readonly up: Place | undefined;
  /** Rules around it, from the outside in. */
  readonly rules: readonly string[];
}

export interface Expected {
  readonly token: TokenType;
  /** Names of the rules around it, from `statement` inwards. */
  readonly rules: readonly string[];
}

export interface Walk {
  /** Index of the first token that does not fit; the number of tokens where all do. */
  readonly at: number;
  readonly expected: readonly Expected[];
  /** Whether the statement may end there. */
  readonly mayEnd: boolean;
  /** What the token before was read as, by every reading that is left. */
  readonly before: readonly Expected[];
}

const most = 64;

/** Walks the rule `start` (`statement` or one below) along the tokens. */
export function walk(tokens: readonly IToken[], start = 'statement'): Walk {
  const rule = statementParser().getGAstProductions()[start] ?? bug(`no rule ${start}`);
  let places: Place[] = [{ list: rule.definition, index: 0, up: undefined, rules: [start] }];
  let before: Expected[] = [];
  for (let at = 0; ; at++) {
    const open: { readonly terminal: Terminal; readonly after: Place }[] = [];
    let mayEnd = false;
    for (const place of places) {
      expand(place, (terminal, after) => open.push({ terminal, after }), () => { mayEnd = true; });
    }
    const token = tokens[at];
    const fitting = token === undefined ? [] : open.filter(({ terminal }) => tokenMatcher(token, terminal.terminalType));
    if (fitting.length === 0) {
      return { at, mayEnd, before, expected: open.map(({ terminal, after }) => ({ token: terminal.terminalType, rules: after.rules })) };
    }
    places = fitting.slice(0, most).map(({ after }) => after);
    before = fitting.map(({ terminal, after }) => ({ token: terminal.terminalType, rules: after.rules }));
  }
}

/** Calls back for every terminal that may come next at a place; `after` is the place behind it. */
function expand(place: Place, terminal: (t: Terminal, after: Place) => void, end: () => void): void {
  const { list, index, up, rules } = place;
  const production = list[index];
  if (production === undefined) {
    if (up) expand(up, terminal, end);
    else end();
    return;
  }
  const next: Place = { list, index: index + 1, up, rules };
  const into = (definition: readonly IProduction[], then: Place, within = rules): void => {
    expand({ list: definition, index: 0, up: then, rules: within }, terminal, end);
  };
  if (production instanceof Terminal) {
    terminal(production, next);
  } else if (production instanceof NonTerminal) {
    into(production.referencedRule.definition, next, [...rules, production.referencedRule.name]);
  } else if (production instanceof Alternation) {
    for (const alternative of production.definition) into([alternative], next);
  } else if (production instanceof Option) {
    into(production.definition, next);
    expand(next, terminal, end);
  } else if (production instanceof Repetition) {
    into(production.definition, place);
    expand(next, terminal, end);
  } else if (production instanceof RepetitionMandatory) {
    into(production.definition, { list: [new Repetition({ definition: production.definition })], index: 0, up: next, rules });
  } else if (production instanceof RepetitionMandatoryWithSeparator || production instanceof RepetitionWithSeparator) {
    const separator = new Terminal({ terminalType: production.separator });
    const more = new Repetition({ definition: [separator, ...production.definition] });
    into(production.definition, { list: [more], index: 0, up: next, rules });
    if (production instanceof RepetitionWithSeparator) expand(next, terminal, end);
  } else if (production instanceof Alternative) {
    into(production.definition, next);
  } else {
    bug(`a production of the kind ${production.constructor.name} is unknown here`);
  }
}
