/** `npm run bench [startup|check|scale]`: all of them where none is named. */
import { check } from './check.ts';
import { scale } from './scale.ts';
import { startup } from './startup.ts';

const all = { startup, check, scale } as const;
const wanted = process.argv.slice(2);
for (const name of wanted.length > 0 ? wanted : Object.keys(all)) {
  if (!(name in all)) throw new Error(`there is no benchmark '${name}', only ${Object.keys(all).join(', ')}`);
  if (name === 'scale' && process.getuid?.() !== 0) console.log('\nscale: skipped, it needs root');
  else await all[name as keyof typeof all]();
}
