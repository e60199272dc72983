/**
 * `npm run bench [startup|check|scale|datapath|features|wire …]`: all of them where none is named. `--only=TEXT` keeps of
 * `datapath` and `wire` the rows whose name contains it. `--markdown=FILE` and `--json=FILE` keep all tables with what they were measured on.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { check } from './check.ts';
import { datapath } from './datapath/main.ts';
import { features } from './datapath/features.ts';
import { json, markdown } from './page.ts';
import { scale } from './scale.ts';
import { startup } from './startup.ts';
import { wire } from './wire/main.ts';

const { positionals, values } = parseArgs({ allowPositionals: true, options: { only: { type: 'string' }, markdown: { type: 'string' }, json: { type: 'string' } } });
const all = { startup, check, scale: () => scale(), datapath: () => datapath(values.only ?? ''), features, wire: () => wire(values.only ?? '') } as const;
const needRoot: readonly string[] = ['scale', 'datapath', 'features', 'wire'];
for (const name of positionals.length > 0 ? positionals : Object.keys(all)) {
  if (!(name in all)) throw new Error(`there is no benchmark '${name}', only ${Object.keys(all).join(', ')}`);
  if (needRoot.includes(name) && process.getuid?.() !== 0) console.log(`\n${name}: skipped, it needs root`);
  else await all[name as keyof typeof all]();
}
if (values.markdown !== undefined) writeFileSync(values.markdown, markdown());
if (values.json !== undefined) writeFileSync(values.json, json());
