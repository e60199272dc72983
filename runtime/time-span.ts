/** Lengths of time as people type them. */
const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const longest = 86_400_000;

/** Milliseconds, from `500ms`, `10s`, `2m`, `1h`; undefined where it is none, or more than a day. */
export function readTimeSpan(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,9})(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Number(digits ?? 0) * (units[unit ?? ''] ?? 0);
  return ms >= 1 && ms <= longest ? ms : undefined;
}
