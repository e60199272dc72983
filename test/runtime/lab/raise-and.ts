/** Raises a topology, says so, and then leaves in the way it is told. Run by topology.test.ts. */
import { serve } from '../../../runtime/lab/agents.ts';
import { raise } from '../../../runtime/lab/topology.ts';

const topology = raise({
  hosts: { left: {}, right: {} },
  links: [{ ends: [{ host: 'left', name: 'sluice0' }, { host: 'right', name: 'sluice0' }] }],
});
const what = process.argv[2];
if (what === 'serve') await serve(topology.host('right'), { name: `of-${process.pid}`, http: [80], udp: [] });
process.stdout.write('ready\n');
if (what === 'throw') throw new Error('on purpose');
if (what === 'exit') process.exit(3);
if (what !== 'end') setInterval(() => undefined, 1000);
