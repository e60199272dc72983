import { format } from './format.ts';
import { readFileSync } from 'node:fs';
const md = readFileSync('/work/shared/LANGUAGE.md','utf8');
for (const m of md.matchAll(/^```lb\n([\s\S]*?)^```$/gm)) { const r = format({file:'x.lb', text:m[1]!}); if (r.ok) { console.log(r.text+ '~~~~'); const s = format({file:'x.lb', text:r.text}); if (!s.ok || s.text!==r.text) console.log('NOT IDEMPOTENT', s); } else console.log(r) }
