/** LB001–LB004, LB010–LB016, LB020, LB023: characters, texts, numbers and addresses. */
import type { Explanations } from './explanation.ts';

export const literals: Explanations = {
  LB001: {
    title: 'a character without a meaning',
    text: `
Outside texts and comments a script is made of plain ASCII: names, numbers, addresses and a few marks. Arrows, dashes and
quotation marks that a word processor or a chat has made typographic are the usual case.`,
    wrong: 'service web vip 10.99.38.30:80 → 10.0.1.11 mode dsr',
    right: 'service web vip 10.99.38.30:80 -> 10.0.1.11 mode dsr',
  },
  LB002: {
    title: 'a text is not closed',
    text: 'A text stands between two double quotes on one line. A quote inside it is written \\", a newline \\n.',
    wrong: 'include "services/*.lb',
    right: 'include "services/*.lb"',
  },
  LB003: {
    title: 'an invisible character',
    text: `
Control characters can move a terminal's cursor, bidirectional controls can make text look like other text, and zero-width
characters make two names that look alike. None of them is accepted, in comments neither. The example has a zero-width
space in the name.`,
    wrong: 'service we\u200bb vip 10.99.38.30:80 -> 10.0.1.11 mode dsr',
    right: 'service web vip 10.99.38.30:80 -> 10.0.1.11 mode dsr',
  },
  LB004: {
    title: 'not a text',
    text: 'The file has a zero byte, as programs, archives and UTF-16 texts have. Scripts are UTF-8.',
    language: 'sh',
    wrong: 'sluice check ./web.png',
    right: 'sluice check ./web.lb',
  },
  LB010: {
    title: 'not a duration',
    text: `
A duration is a whole number and a unit without a space: ms, s, m, h or d. A text that begins with a digit, such as a label's
value, stands in double quotes.`,
    wrong: 'service web vip 10.99.38.30:80 -> 10.0.1.11 grace 2min',
    right: 'service web vip 10.99.38.30:80 -> 10.0.1.11 grace 2m label size="2xl"',
  },
  LB011: {
    title: 'not an IPv4 address',
    text: `
Four numbers from 0 to 255 with dots between them, without leading zeros: 010 is 8 for some programs and 10 for others.`,
    wrong: 'service web vip 10.99.38.300:80 -> 10.0.1.11',
    right: 'service web vip 10.99.38.30:80 -> 10.0.1.11',
  },
  LB012: {
    title: 'not an IPv6 address',
    text: `
Eight groups of up to four hexadecimal digits, one run of zeros shortened to '::' (RFC 4291). There is no zone, and an
IPv4 address is written as such. With a port, the address stands in brackets.`,
    wrong: 'service web vip [fd00::99:12345]:80 -> [fd00:1::11]:80',
    right: 'service web vip [fd00::99:1234]:80 -> [fd00:1::11]:80',
  },
  LB013: {
    title: 'not a port',
    text: "Ports go from 1 to 65535. All ports of an address are written '*'.",
    wrong: 'service web vip 10.99.38.30:80800 -> 10.0.1.11',
    right: 'service web vip 10.99.38.30:8080 -> 10.0.1.11',
  },
  LB014: {
    title: 'a range the wrong way round',
    text: 'A range names its lower end first. Both ends belong to it.',
    wrong: 'service sip vip 10.99.38.30:5090-5060/udp -> 10.0.1.11',
    right: 'service sip vip 10.99.38.30:5060-5090/udp -> 10.0.1.11',
  },
  LB015: {
    title: 'not a network',
    text: 'A network is an address, a slash and the length of its prefix: 0 to 32 for IPv4, 0 to 128 for IPv6.',
    wrong: 'service web vip 10.99.38.30:80 -> 10.0.1.11 allow 10.0.0.0/33',
    right: 'service web vip 10.99.38.30:80 -> 10.0.1.11 allow 10.0.0.0/8',
  },
  LB016: {
    title: 'a number that cannot be used',
    text: `
Numbers are written without leading zeros and stay below 2^53; percentages do not exceed 100. Where the digits are text, as in the
value of a label, they stand in double quotes.`,
    wrong: 'service web vip 10.99.38.30:080 -> 10.0.1.11',
    right: 'service web vip 10.99.38.30:80 -> 10.0.1.11 label build="007"',
  },
  LB020: {
    title: 'an unknown escape in a text',
    text: 'In a text, \\" is a quote, \\\\ a backslash, \\n a newline and \\t a tab. A backslash before anything else is a mistake.',
    wrong: 'include "services\\web.lb"',
    right: 'include "services/web.lb"',
  },
  LB023: {
    title: 'not the name of a variable',
    text: "A variable is '$' and the name that a let or a param has given it, which begins with a letter.",
    wrong: 'service web vip $1:80 -> 10.0.1.11',
    right: 'let vip = 10.99.38.30\nservice web vip $vip:80 -> 10.0.1.11',
  },
};
