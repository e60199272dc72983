/** Packets in fragments, and with VLAN tags. */
import { fixtures as fragments } from '../../packets/fragments.ts';
import { fixtures as vlan } from '../../packets/vlan.ts';
import { playAll } from '../../support/play.ts';

playAll([...fragments, ...vlan]);
