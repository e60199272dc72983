/** Literals: tokens that were lexed generously, judged and turned into values. Each returns a usable node even after an error. */
import type { IToken } from 'chevrotain';
import type { Address, CidrValue, DurationValue, IntValue, PercentValue, RangeValue, StringValue, Variable } from '../ast.ts';
import { readAddress, readCidr } from '../ip.ts';
import { suggest } from '../suggest.ts';
import { quote, type Report } from './report.ts';

export const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const unitWords: Readonly<Record<string, string>> = {
  sec: 's', secs: 's', second: 's', seconds: 's', min: 'm', mins: 'm', minute: 'm', minutes: 'm', hr: 'h', hour: 'h', hours: 'h',
  day: 'd', days: 'd', msec: 'ms', millis: 'ms',
};
const escapes: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', n: '\n', t: '\t' };

export function int(token: IToken, report: Report): IntValue {
  const span = report.spanOf(token);
  return { kind: 'int', value: decimal(token.image, token.startOffset, report), span };
}

function decimal(digits: string, start: number, report: Report): number {
  const span = { file: report.file, start, end: start + digits.length };
  const value = Number(digits);
  if (digits.length > 1 && digits.startsWith('0')) {
    report.error('LB016', span, `${quote(digits)} has a leading zero`, {
      hint: `write ${value}, or "${digits}" where text is meant`, fix: { span, text: String(value) },
    });
  } else if (!Number.isSafeInteger(value)) {
    report.error('LB016', span, `${quote(digits)} is too large`, { hint: `numbers go up to ${Number.MAX_SAFE_INTEGER}` });
  }
  return value;
}

/** An int in 1–65535. */
export function port(token: IToken, report: Report): IntValue {
  const value = int(token, report);
  checkPort(value, report);
  return value;
}

export function checkPort(value: IntValue, report: Report): void {
  if (value.value >= 1 && value.value <= 65535) return;
  report.error('LB013', value.span, `${value.value} is not a port`, { hint: 'ports go from 1 to 65535' });
}

export function range(token: IToken, report: Report): RangeValue {
  const [first, last] = token.image.split('-') as [string, string];
  const span = report.spanOf(token);
  const from = decimal(first, token.startOffset, report);
  const to = decimal(last, token.startOffset + first.length + 1, report);
  if (from > to) {
    report.error('LB014', span, `the range ${quote(token.image)} is the wrong way round`, {
      hint: `did you mean ${to}-${from}?`, fix: { span, text: `${to}-${from}` },
    });
  }
  return { kind: 'range', from, to, span };
}

export function portRange(token: IToken, report: Report): RangeValue {
  const value = range(token, report);
  for (const end of [value.from, value.to]) {
    if (end < 1 || end > 65535) {
      report.error('LB013', value.span, `${end} is not a port`, { hint: 'ports go from 1 to 65535' });
      break;
    }
  }
  return value;
}

export function percent(token: IToken, report: Report): PercentValue {
  const span = report.spanOf(token);
  const value = Number(token.image.slice(0, -1));
  if (value > 100) report.error('LB016', span, `${quote(token.image)} is more than 100%`);
  return { kind: 'percent', value, span };
}

export function duration(token: IToken, report: Report): DurationValue {
  const span = report.spanOf(token);
  const [, digits, unit] = /^(\d+)(.*)$/.exec(token.image) as unknown as [string, string, string];
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (factor === undefined) {
    const near = (Object.hasOwn(unitWords, unit.toLowerCase()) ? unitWords[unit.toLowerCase()] : undefined)
      ?? (/^\d/.test(unit) ? undefined : suggest(unit, Object.keys(units)));
    report.error('LB010', span, `${quote(token.image)} is not a duration: there is no unit ${quote(unit)}`, {
      hint: near ? `did you mean '${digits}${near}'?` : 'units are ms, s, m, h and d; text goes in double quotes',
      ...(near && { fix: { span, text: `${digits}${near}` } }),
    });
    return { kind: 'duration', ms: 0, text: token.image, span };
  }
  const ms = decimal(digits, token.startOffset, report) * factor;
  if (!Number.isSafeInteger(ms)) report.error('LB016', span, `${quote(token.image)} is too long`);
  return { kind: 'duration', ms, text: token.image, span };
}

export function address(token: IToken, report: Report): Address {
  const span = report.spanOf(token);
  const read = readAddress(token.image);
  if (typeof read !== 'string') return { kind: 'address', address: read.text, family: read.family, span };
  const family = token.image.includes(':') ? 6 : 4;
  const decimalText = /^\d+\.\d+$/.test(token.image);
  report.error(family === 4 ? 'LB011' : 'LB012', span, `${quote(token.image)} is not an IPv${family} address: ${read}`,
    decimalText ? { hint: `where text is meant, write "${token.image}"` } : {});
  return { kind: 'address', address: token.image, family, span };
}

export function cidr(token: IToken, report: Report): CidrValue {
  const span = report.spanOf(token);
  const read = readCidr(token.image);
  if (typeof read !== 'string') return { kind: 'cidr', address: read.address, prefix: read.prefix, family: read.family, span };
  report.error('LB015', span, `${quote(token.image)} is not a network: ${read}`);
  return { kind: 'cidr', address: token.image, prefix: 0, family: token.image.includes(':') ? 6 : 4, span };
}

export function string(token: IToken, report: Report): StringValue {
  const inner = token.image.slice(1, -1);
  const value = !inner.includes('\\') ? inner : inner.replace(/\\(.)/gsu, (pair: string, letter: string, at: number) => {
    const meant = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined;
    if (meant === undefined) {
      const start = token.startOffset + 1 + at;
      report.error('LB020', { file: report.file, start, end: start + pair.length }, `there is no escape ${quote(pair)}`, {
        hint: 'in a text, \\" \\\\ \\n and \\t are escapes; write \\\\ for a backslash',
      });
    }
    return meant ?? pair;
  });
  return { kind: 'string', value, span: report.spanOf(token) };
}

export function variable(token: IToken, report: Report): Variable {
  const span = report.spanOf(token);
  const name = token.image.slice(1);
  if (!/^[A-Za-z_]/.test(name)) {
    report.error('LB023', span, name === '' ? "'$' stands without a name" : `${quote(token.image)} is not the name of a variable`, {
      hint: 'a variable is $ and a name that begins with a letter',
    });
  }
  return { kind: 'variable', name, span };
}
