/** Scripts of a given size for benchmarks. */

/** `count` services of `backends` static backends each; addresses are distinct per service and deterministic. */
export function manyServices(count: number, backends: number, size = 1021): string {
  const lines = ['ruleset bench', `defaults { mode dsr ipip; hash maglev(size=${size}) }`];
  for (let i = 0; i < count; i++) lines.push(service(i, backends));
  return `${lines.join('\n')}\n`;
}

/** Service number `i` alone; `shift` moves its last backend elsewhere. */
export function service(i: number, backends: number, shift = 0): string {
  const vip = `10.${100 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
  const targets = Array.from({ length: backends }, (_, b) => {
    const n = i * backends + b + (b === backends - 1 ? shift : 0);
    return `10.${160 + ((n >> 16) & 63)}.${(n >> 8) & 255}.${n & 255}`;
  });
  return `service s${i} vip ${vip}:80 -> ${targets.join(', ')}`;
}

/** For `mode snat`: `from` so many addresses with all ports; each has room for 64,512 flows of each backend. */
export function snatFrom(addresses: number): string {
  return `from ${Array.from({ length: addresses }, (_, i) => `10.1.1.${i + 1}:1024-65535`).join(', ')}`;
}
