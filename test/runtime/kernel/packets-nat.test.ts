/** Packets for services that translate, and their answers. */
import { fixtures as nat } from '../../packets/nat.ts';
import { playAll } from '../../support/play.ts';

playAll(nat);
