/** Which program services need: their features, and the smallest pre-built variant that has them. */
import { LbFeature, lbFeatureNames } from './generated/layout.ts';
import { variants, type Variant } from './generated/variants.ts';
import { modeFor, remembers, wraps, type Mode, type Service } from './state.ts';

/**
 * Bits of `LbFeature` that a service needs by itself. Slots with a previous backend need `FLOWS` besides: that
 * depends on what ran before, so the planner adds it.
 */
export function featuresOfService(service: Omit<Service, 'backends'> & { readonly backends: readonly { readonly family: 4 | 6 }[] }): number {
  const { hash, affinity } = service;
  let features = always;
  for (const { family, protocol } of service.frontends) {
    const mode = modeFor(service.mode, protocol);
    features |= (family === 4 ? LbFeature.IPV4 : LbFeature.IPV6) | (protocol === 'tcp' ? LbFeature.TCP : LbFeature.UDP) | modeFeatures[mode];
    if (remembers(service, protocol)) features |= LbFeature.FLOWS;
    if (wraps(service.mode) && service.from.length > 0) features |= LbFeature.SPREAD;
  }
  for (const b of service.backends) features |= b.family === 4 ? LbFeature.IPV4 : LbFeature.IPV6;
  if (service.onEmpty === 'reject') features |= LbFeature.REJECT;
  if (service.allow.length > 0) features |= LbFeature.ALLOW;
  if (affinity !== undefined) features |= LbFeature.AFFINITY;
  if (hash.kind === 'random') features |= LbFeature.RANDOM;
  if (hash.kind === 'rr') features |= LbFeature.RR;
  if (hash.kind === 'maglev' && (hash.by === 'source' || affinity !== undefined)) features |= LbFeature.HASH_SOURCE;
  return features;
}

/** What every service answers: ICMP about it, fragments, packets that are too long; and its sampled events. */
const always = LbFeature.ICMP | LbFeature.FRAGMENTS | LbFeature.TOO_BIG | LbFeature.EVENTS;

const modeFeatures: Readonly<Record<Exclude<Mode, `hybrid ${string}`>, number>> = {
  'dsr l2': LbFeature.DSR_L2,
  'dsr ipip': LbFeature.DSR_IPIP | LbFeature.DECAP,
  'dsr geneve': LbFeature.DSR_GENEVE | LbFeature.DECAP,
  snat: LbFeature.SNAT,
  dnat: LbFeature.DNAT,
};

/** The variant that covers the features with the fewest bits to spare, or the bits that no one variant has. */
export function smallestVariant(
  features: number, among: readonly Variant[] = variants,
): { readonly variant: string; readonly features: number } | { readonly missing: number } {
  let best: Variant | undefined;
  let fewestMissing = features;
  for (const variant of among) {
    const missing = features & ~variant.features;
    if (missing === 0 && (!best || bits(variant.features) < bits(best.features))) best = variant;
    if (bits(missing) < bits(fewestMissing)) fewestMissing = missing;
  }
  return best ? { variant: best.name, features } : { missing: fewestMissing };
}

function bits(mask: number): number {
  let count = 0;
  for (let rest = mask >>> 0; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** Names of the features that are on, in the order of their bits. */
export function featureNames(features: number): string[] {
  return Object.keys(lbFeatureNames).map(Number).sort((a, b) => a - b)
    .filter((bit) => (features & bit) !== 0)
    .map((bit) => lbFeatureNames[bit]!);
}
