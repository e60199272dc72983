/** Names of instances: each is a folder of bpffs, and a word of the command line. */

const pattern = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** The rule in words, for messages. */
export const instanceNameRule = 'small letters, digits, - and _, beginning with a letter or digit, at most 64';

export function isInstanceName(name: string): boolean {
  return pattern.test(name);
}
