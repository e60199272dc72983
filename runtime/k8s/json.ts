/** Reading untyped objects from outside: what is missing or of another type reads as absent. */

export type Json = unknown;

export function asObject(value: Json): Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, Json>) : {};
}

export function asList(value: Json): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

export function asText(value: Json): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function asNumber(value: Json): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}

export function asBoolean(value: Json): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

export function textMap(value: Json): Record<string, string> {
  return Object.fromEntries(Object.entries(asObject(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
