/** Packets that arrive by tunnels, on backends' hosts. */
import { LbFeature } from '../../../compiler/generated/layout.ts';
import { fixtures as decap } from '../../packets/decap.ts';
import { fixtures as pods } from '../../packets/pods.ts';
import { fixtures as icmp } from '../../packets/tunnel-icmp.ts';
import { playAll } from '../../support/play.ts';

playAll([...decap, ...pods, ...icmp], LbFeature.DECAP);
