/**
 * `npm run bench [startup|check|scale|datapath …]`: all of them where none is named. `--only=TEXT` keeps of `datapath`
 * the rows whose name contains it.
 */
import { parseArgs } from 'node:util';
import { check } from './check.ts';
import { datapath } from './datapath/main.ts';
import { scale } from './scale.ts';
import { startup } from './startup.ts';

const { positionals, values } = parseArgs({ allowPositionals: true, options: { only: { type: 'string' } } });
const all = { startup, check, scale: () => scale(), datapath: () => datapath(values.only ?? '') } as const;
const needRoot: readonly string[] = ['scale', 'datapath'];
for (const name of positionals.length > 0 ? positionals : Object.keys(all)) {
  if (!(name in all)) throw new Error(`there is no benchmark '${name}', only ${Object.keys(all).join(', ')}`);
  if (needRoot.includes(name) && process.getuid?.() !== 0) console.log(`\n${name}: skipped, it needs root`);
  else await all[name as keyof typeof all]();
}
