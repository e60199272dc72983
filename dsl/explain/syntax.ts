/** LB0xx: the shape of statements. What is wrong with single words and numbers stands in `literals.ts`. */
import type { Explanations } from './explanation.ts';

export const syntax: Explanations = {
  LB005: {
    title: 'something else was expected here',
    text: `
The statement makes sense up to the marked word, and no statement goes on like that. The message says what could
have stood there; a hint says what is often meant.`,
    wrong: 'service web vip shop.example.com:80 -> 10.0.1.11 mode dsr',
    right: 'service web vip 10.99.38.30:80 -> 10.0.1.11 mode dsr',
  },
  LB006: {
    title: 'the statement ends too soon',
    text: `
A statement ends with its line. It goes on over a newline only inside brackets, after ',', '->', '=>', '=' and '{',
and where the next line begins with '->', '=>', '{' or '}'.`,
    wrong: 'service web vip 10.99.38.30:80 -> 10.0.1.11 mode',
    right: 'service web vip 10.99.38.30:80\n  -> 10.0.1.11,\n     10.0.1.12 mode dsr',
  },
  LB007: {
    title: 'a bracket is not closed',
    text: `
The marked bracket has no partner. Reading goes on with the next line that can only be the beginning of a statement,
so the statements below are checked all the same.`,
    wrong: 'service web vip 10.99.38.30:80 -> pods(app=web mode dsr',
    right: 'service web vip 10.99.38.30:80 -> pods(app=web) mode dsr',
  },
  LB008: {
    title: 'a bracket closes nothing',
    text: 'There is no open bracket of this kind before it in the statement.',
    wrong: 'service web vip 10.99.38.30:80 -> 10.0.1.11 mode dsr }',
    right: 'service web vip 10.99.38.30:80 { -> 10.0.1.11 mode dsr }',
  },
  LB009: {
    title: 'brackets are nested too deeply',
    text: 'Brackets may be nested 32 deep. No statement needs more than four levels.',
    wrong: `let x = ${'{'.repeat(33)}${'}'.repeat(33)}`,
    right: 'let office = { 10.0.0.0/8, 2001:db8:40::/44 }',
  },
  LB017: {
    title: 'the same thing is said twice',
    text: `
A body has each clause once, a target each option once, an endpoint each protocol once. Which of the two should win
would be a guess. Several VIPs, targets or networks go into one list.`,
    wrong: 'service web vip 10.99.38.30:80 {\n  -> 10.0.1.11\n  -> 10.0.1.12\n}',
    right: 'service web vip 10.99.38.30:80 {\n  -> 10.0.1.11,\n     10.0.1.12\n}',
  },
  LB018: {
    title: 'a verb of the prompt in a file',
    text: `
A file says what should be; 'show', 'plan', 'commit' and the other verbs do something, and are typed at the prompt
('sluice') or given as commands ('sluice show services').`,
    wrong: 'service web vip 10.99.38.30:80 -> 10.0.1.11 mode dsr\ncommit',
    right: 'service web vip 10.99.38.30:80 -> 10.0.1.11 mode dsr',
  },
  LB019: {
    title: 'an argument or a label is given twice',
    text: 'Each argument of a call and each label of a service is given once. A selector may name the same label several times.',
    wrong: 'service web vip 10.99.38.30:80 -> 10.0.1.11 hash maglev(size=1021, size=2039)',
    right: 'service web vip 10.99.38.30:80 -> 10.0.1.11 hash maglev(size=2039)',
  },
  LB021: {
    title: 'too many errors',
    text: `
After 200 errors the rest of the text is not read. A text with that many is mostly not a script at all: look whether it is the right
file.`,
    language: 'sh',
    wrong: 'sluice check access.log',
    right: 'sluice check edge.lb',
  },
  LB022: {
    title: 'two statements on one line',
    text: "Statements stand on lines of their own, or have ';' between them.",
    wrong: 'let a = 10.0.0.1 let b = 10.0.0.2',
    right: 'let a = 10.0.0.1; let b = 10.0.0.2',
  },
  LB024: {
    title: 'a clause outside a statement',
    text: `
Clauses belong to a service, a pool, defaults or a sync: on its line, or between its '{' and '}'. Of the clauses only '->' may
begin a line of its own without braces.`,
    wrong: 'service web vip 10.99.38.30:80\n  mode dsr',
    right: 'service web vip 10.99.38.30:80 {\n  mode dsr\n}',
  },
  LB025: {
    title: 'a verb with too much or too little behind it',
    text: "Each verb of the prompt takes what its usage says; 'help VERB' prints it.",
    language: 'sh',
    wrong: 'save',
    right: 'save edge.lb',
  },
};
