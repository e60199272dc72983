/** `npm run bench [startup|check|scale|datapath]`: all of them where none is named. */
import { check } from './check.ts';
import { datapath } from './datapath/main.ts';
import { scale } from './scale.ts';
import { startup } from './startup.ts';

const all = { startup, check, scale, datapath } as const;
const needRoot: readonly string[] = ['scale', 'datapath'];
const wanted = process.argv.slice(2);
for (const name of wanted.length > 0 ? wanted : Object.keys(all)) {
  if (!(name in all)) throw new Error(`there is no benchmark '${name}', only ${Object.keys(all).join(', ')}`);
  if (needRoot.includes(name) && process.getuid?.() !== 0) console.log(`\n${name}: skipped, it needs root`);
  else await all[name as keyof typeof all]();
}
