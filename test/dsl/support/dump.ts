/** A syntax tree as indented text for goldens: one node a line, short ones with their children on it. */
export function dump(node: unknown, indent = 0): string {
  const flat = inline(node);
  const pad = '  '.repeat(indent);
  if (flat.length + pad.length <= 100 || !isNode(node)) return `${pad}${flat}`;
  const lines = [`${pad}${heads(node)}`];
  for (const [key, value] of childrenOf(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      const text = dump(child, indent + 1);
      lines.push(isShort(key) ? text : `${'  '.repeat(indent + 1)}${key}: ${text.trimStart()}`);
    }
  }
  return lines.join('\n');
}

type Node = Record<string, unknown> & { kind?: string };

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && ('kind' in value || 'mode' in value);
}

const listed = new Set(['statements', 'clauses', 'targets', 'endpoints', 'args', 'body', 'items', 'nets', 'ports', 'interfaces']);
const isShort = (key: string): boolean => listed.has(key);

function inline(value: unknown): string {
  if (!isNode(value)) return Array.isArray(value) ? value.map(inline).join(' ') : JSON.stringify(value);
  const atoms: Record<string, (n: Node) => string> = {
    name: (n) => (n['quoted'] ? JSON.stringify(n['text']) : String(n['text'])),
    word: (n) => String(n['text']),
    variable: (n) => `$${String(n['name'])}`,
    int: (n) => String(n['value']),
    address: (n) => String(n['address']),
    protocol: (n) => String(n['name']),
    string: (n) => JSON.stringify(n['value']),
    duration: (n) => `${String(n['ms'])}ms`,
  };
  const atom = atoms[value.kind ?? ''];
  if (atom) return atom(value);
  const inner = childrenOf(value).map(([key, v]) => {
    const text = (Array.isArray(v) ? v : [v]).map(inline).join(' ');
    return isShort(key) ? text : `${key}: ${text}`;
  });
  return `(${[heads(value), ...inner].join(' ')})`;
}

function heads(node: Node): string {
  const plain = Object.entries(node).filter(([key, v]) => !['kind', 'span', 'file'].includes(key) && typeof v !== 'object');
  return [node.kind ?? 'xdp', ...plain.map(([key, v]) => `${key}=${String(JSON.stringify(v))}`)].join(' ');
}

function childrenOf(node: Node): [string, unknown][] {
  return Object.entries(node).filter(([key, v]) => key !== 'span' && typeof v === 'object' && v !== null && !(Array.isArray(v) && v.length === 0));
}
