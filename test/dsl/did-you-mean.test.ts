import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from '../../dsl/parse.ts';
import { signatures } from '../../dsl/signatures.ts';
import { groupsOf, keywords } from '../../dsl/tokens.ts';
import { verbs, parseVerb } from '../../dsl/verbs.ts';

const service = 'service a vip 10.0.0.1:80 -> 10.0.1.1';

/** Where each keyword of the language stands, marked by guillemets; the rest of the line is right. */
const places = [
  '«ruleset» a', '«service» a vip 10.0.0.1:80', '«pool» a -> 10.0.0.1', '«defaults» mode dsr', '«sync» services()', '«let» a = 1', '«param» a: addr',
  '«include» "a"', '«attach» eth0', '«k8s»(ns=a)', '«test» "a" { }', '«expect» balance a within 5%', 'test "a" { «given» a up }', 'test "a" { «expect» balance a within 5% }',
  'service a «vip» 10.0.0.1:80', `${service} «mode» dsr`, `${service} «hash» maglev`, `${service} «affinity» 5m`, `${service} «allow» 10.0.0.0/8`,
  `${service} «on-empty» drop`, `${service} «on-unknown» pass`, `${service} «health» tcp`, `${service} «scope» local`, `${service} «grace» 5s`, `${service} «label» a=b`,
  ...['snat', 'dnat', 'dsr', 'hybrid'].map((m) => `${service} mode «${m}»`),
  `${service} mode snat «from» 10.0.0.9`, `${service} mode dsr «from» 10.200.0.0/16`, `${service} mode hybrid l2 «from» 10.0.0.9:20000-29999`,
  ...['l2', 'ipip', 'geneve'].map((e) => `${service} mode dsr «${e}»`),
  `${service} «as» b`, `${service} «weight» 3`, `${service} «drain»`, `${service} «down»`,
  `${service} health tcp «every» 2s`, `${service} health tcp «timeout» 2s`, `${service} health tcp «rise» 2`, `${service} health tcp «fall» 2`,
  `${service} affinity «off»`, `${service} on-empty «reject»`, `${service} on-empty «drop»`, `${service} on-unknown «drop»`, `${service} on-unknown «pass»`, `${service} scope «cluster»`, `${service} scope «local»`,
  'attach eth0 «xdp» native', 'attach eth0 xdp «auto»', 'attach eth0 xdp «native»', 'attach eth0 xdp «generic»',
  'service a vip 10.0.0.1:80/«tcp»', 'service a vip 10.0.0.1:80/«udp»', 'expect «tcp» 1.2.3.4:1 -> 10.0.0.1:80 => drop',
  ...['addr', 'port', 'cidr', 'name', 'int', 'dur', 'string'].map((type) => `param a: «${type}»`),
  'test "a" { given a «up» }', 'test "a" { given a «down» }', 'test "a" { given a «drain» }',
  ...['drop', 'reject', 'pass', 'backend', 'oneof'].map((o) => `expect tcp 1.2.3.4:1 -> 10.0.0.1:80 => «${o}»`),
  'expect «balance» a within 5%', 'expect balance a «within» 5%', 'expect balance a within 5% «over» 10 flows', 'expect balance a within 5% over 10 «flows»',
  'service a -> pods(b «in» (c))', 'service a -> pods(b «notin» (c))',
];

/** The word with two neighbours swapped, at each place that changes it. */
function typos(word: string): string[] {
  const result: string[] = [];
  for (let i = 0; i + 1 < word.length; i++) {
    const typo = word.slice(0, i) + word[i + 1]! + word[i]! + word.slice(i + 2);
    if (typo !== word && /^[a-z]/.test(typo) && !keywords.has(typo) && !typo.endsWith('-')) result.push(typo);
  }
  return result;
}

function hints(text: string): string {
  const { script, diagnostics } = parse({ file: 'x.lb', text });
  assert.is(script.statements.length, 0, text);
  return diagnostics.map((d) => `${d.code} ${d.message} | ${d.hint ?? ''}`).join('\n');
}

for (const place of places) {
  const word = /«(.*)»/.exec(place)![1]!;
  test(`a slip in ${place.replace(/[«»]/g, "'")} is answered with the word that was meant`, () => {
    const wrong = typos(word);
    for (const typo of wrong) {
      const text = place.replace(/«.*»/, typo);
      const said = hints(text);
      assert.ok(said.includes(`did you mean '${word}'?`), `${typo}: ${said}`);
      const fix = parse({ file: 'x.lb', text }).diagnostics[0]!.fix!;
      assert.is(text.slice(0, fix.span.start) + fix.text + text.slice(fix.span.end), place.replace(/[«»]/g, ''));
    }
  });
}

test('every keyword has its place in this test', () => {
  const tested = new Set(places.map((p) => /«(.*)»/.exec(p)![1]!));
  for (const [word, type] of keywords) assert.ok(tested.has(word), `${word} (${groupsOf(type).join(', ')})`);
});

test('every call, argument and choice is suggested for a slip in it', () => {
  const frames: Record<string, (call: string) => string> = {
    target: (c) => `service a -> ${c}`, hash: (c) => `service a hash ${c}`, health: (c) => `service a health ${c}`, sync: (c) => `sync ${c}`, cluster: (c) => c,
  };
  for (const s of signatures) {
    const frame = frames[s.role]!;
    if (s.role !== 'cluster') for (const typo of typos(s.name)) assert.ok(hints(frame(`${typo}()`)).includes(`did you mean '${s.name}'?`), typo);
    const first = s.positional?.required ? `${s.positional.example}, ` : '';
    for (const a of s.arguments) {
      for (const choice of a.choices ?? []) {
        const typo = choice.slice(0, -2) + choice.at(-1)! + choice.at(-2)!;
        if (typo !== choice) assert.ok(hints(frame(`${s.name}(${a.name}=${typo})`)).includes(`did you mean '${choice}'?`), typo);
      }
      if (s.labels) continue;
      for (const typo of typos(a.name)) assert.ok(hints(frame(`${s.name}(${first}${typo}=1)`)).includes(`did you mean '${a.name}'?`), `${s.name} ${typo}`);
    }
  }
});

test('every verb of the prompt is suggested for a slip in it', () => {
  for (const { name } of verbs) {
    for (const typo of typos(name)) {
      const line = parseVerb(typo);
      assert.is(line.kind === 'error' && line.diagnostics[0]!.hint, `did you mean '${name}'?`, typo);
    }
  }
});

test.run();
