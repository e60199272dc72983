/** Rows of `backends` as entries of other maps remember them, with their names. */
import { backend } from '../../compiler/generated/layout.ts';
import type { PlacedBackend } from '../../compiler/live.ts';
import { formatAddress } from '../../dsl/ip.ts';
import type { View } from './view.ts';

export interface RowFacts {
  readonly row: number;
  /** Absent where the row has another backend since. */
  readonly address?: string;
  /** 0: the port of the VIP. */
  readonly port?: number;
  readonly name?: string;
  /** No packet goes there by this entry any more: the row has another backend, or its backend left the service. */
  readonly stale: boolean;
}

export class Rows {
  private readonly values: Uint8Array;
  private readonly count: number;
  private readonly names = new Map<string, PlacedBackend>();
  private readonly known = new Map<string, RowFacts>();

  constructor({ instance, live }: View) {
    const { values, count } = instance.map('backends').entries();
    this.values = values;
    this.count = count;
    for (const { services } of [live.former, live].filter((g) => g !== undefined)) {
      for (const b of services.flatMap((s) => s.backends)) this.names.set(`${b.row} ${b.birth}`, b);
    }
  }

  /** As the programs judge it; `owner` is the live service of the entry. */
  at(row: number, birth: number, owner: { readonly id: number; readonly serial: number } | undefined): RowFacts {
    const key = `${row} ${birth} ${owner?.id ?? ''}`;
    const known = this.known.get(key) ?? this.read(row, birth, owner);
    this.known.set(key, known);
    return known;
  }

  private read(row: number, birth: number, owner: { readonly id: number; readonly serial: number } | undefined): RowFacts {
    const raw = row < this.count ? backend.decode(this.values, row * backend.size) : undefined;
    if (raw?.birth !== birth || row === 0) return { row, stale: true };
    const { name } = this.names.get(`${row} ${birth}`) ?? {};
    const left = raw.deadFrom !== 0 && owner !== undefined && owner.serial >= raw.deadFrom;
    return {
      row,
      address: formatAddress(raw.addr),
      port: raw.port,
      ...(name === undefined ? {} : { name }),
      stale: owner === undefined || raw.service !== owner.id || left,
    };
  }
}
