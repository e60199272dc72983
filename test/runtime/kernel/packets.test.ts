/** Packets for services of direct server return, and what is refused, answered or remembered on the way. */
import { fixtures as families } from '../../packets/families.ts';
import { fixtures as forward } from '../../packets/forward.ts';
import { fixtures as icmp } from '../../packets/icmp.ts';
import { fixtures as parse } from '../../packets/parse.ts';
import { fixtures as refuse } from '../../packets/refuse.ts';
import { fixtures as select } from '../../packets/select.ts';
import { fixtures as tooBig } from '../../packets/too-big.ts';
import { fixtures as track } from '../../packets/track.ts';
import { fixtures as wrap } from '../../packets/wrap.ts';
import { playAll } from '../../support/play.ts';

playAll([...forward, ...families, ...wrap, ...refuse, ...parse, ...track, ...select, ...icmp, ...tooBig]);
