/**
 * Label selectors with the semantics of Kubernetes (apimachinery, labels.Selector): requirements are joined by "and";
 * `!=` and `notin` also hold for objects without the label; no requirement at all selects everything.
 */
import { suggest } from '../dsl/suggest.ts';

export interface LabelRequirement {
  readonly key: string;
  readonly op: 'exists' | 'absent' | 'in' | 'notin';
  /** For `in` and `notin`. */
  readonly values: readonly string[];
}

export type Labels = Readonly<Record<string, string>>;

export function holds(requirement: LabelRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
  switch (requirement.op) {
    case 'exists': return value !== undefined;
    case 'absent': return value === undefined;
    case 'in': return value !== undefined && requirement.values.includes(value);
    case 'notin': return value === undefined || !requirement.values.includes(value);
  }
}

export function selects(selector: readonly LabelRequirement[], labels: Labels): boolean {
  return selector.every((r) => holds(r, labels));
}

const namePart = /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?)$/;
const prefixPart = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

/** Why Kubernetes would not accept a label key; undefined where it would. */
export function badKey(key: string): string | undefined {
  const slash = key.indexOf('/');
  const name = key.slice(slash + 1);
  if (slash !== -1 && (key.slice(0, slash).length > 253 || !prefixPart.test(key.slice(0, slash)))) return 'its prefix is not a DNS name';
  if (name.length === 0 || name.length > 63) return 'its name has 1 to 63 characters';
  return namePart.test(name) ? undefined : "its name begins and ends with a letter or digit, with '-', '_' and '.' between";
}

/** Likewise for a label's value, which may be empty. */
export function badValue(value: string): string | undefined {
  if (value.length > 63) return 'it has at most 63 characters';
  return value === '' || namePart.test(value) ? undefined : "it begins and ends with a letter or digit, with '-', '_' and '.' between";
}

/** Why nothing was selected, in terms of what is there: a clause, or undefined where there is nothing near. */
export function nearMiss(selector: readonly LabelRequirement[], objects: readonly { readonly labels: Labels }[]): string | undefined {
  for (const requirement of selector) {
    if (objects.some((o) => holds(requirement, o.labels))) continue;
    const keys = new Set(objects.flatMap((o) => Object.keys(o.labels)));
    if (requirement.op === 'absent' || requirement.op === 'notin') return `all of them have ${textOf(requirement)}`;
    if (!keys.has(requirement.key)) {
      const near = suggest(requirement.key, keys);
      return near ? `none has a label '${requirement.key}'; did you mean '${near}'?` : `none has a label '${requirement.key}'; there are ${listed(keys)}`;
    }
    const values = new Set(objects.flatMap((o) => (Object.hasOwn(o.labels, requirement.key) ? [o.labels[requirement.key]!] : [])));
    const near = requirement.values.map((v) => suggest(v, values)).find((v) => v !== undefined);
    return near ? `did you mean ${requirement.key}=${near}?` : `'${requirement.key}' is there as ${listed(values)}`;
  }
  return selector.length > 1 && objects.length > 0 ? 'each requirement holds for some, but no one has all of them' : undefined;
}

function textOf({ key, op, values }: LabelRequirement): string {
  return op === 'absent' ? `the label '${key}'` : `'${key}' in (${values.join(', ')})`;
}

function listed(words: ReadonlySet<string>): string {
  const sorted = [...words].sort();
  return sorted.length === 0 ? 'none' : sorted.slice(0, 6).map((w) => `'${w}'`).join(', ') + (sorted.length > 6 ? ', …' : '');
}
