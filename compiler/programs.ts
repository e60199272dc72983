/** Which program services need: their features, and the smallest pre-built variant that has them. */
import { LbFeature, lbFeatureNames } from './generated/layout.ts';
import { variants, type Variant } from './generated/variants.ts';
import type { Service } from './state.ts';

/**
 * Bits of `LbFeature` that a service needs by itself. Slots with a previous backend need `FLOWS` besides: that
 * depends on what ran before, so the planner adds it.
 */
export function featuresOfService(service: Omit<Service, 'backends'> & { readonly backends: readonly { readonly family: 4 | 6 }[] }): number {
  let features = 0;
  for (const f of service.frontends) {
    features |= (f.family === 4 ? LbFeature.IPV4 : LbFeature.IPV6) | (f.protocol === 'tcp' ? LbFeature.TCP : LbFeature.UDP);
  }
  for (const b of service.backends) features |= b.family === 4 ? LbFeature.IPV4 : LbFeature.IPV6;
  if (service.mode === 'dsr l2') features |= LbFeature.DSR_L2;
  if (service.mode === 'dsr ipip') features |= LbFeature.DSR_IPIP | LbFeature.DECAP;
  if (service.onEmpty === 'reject') features |= LbFeature.REJECT;
  if (service.hash.kind !== 'maglev') features |= LbFeature.FLOWS;
  if (service.hash.kind === 'random') features |= LbFeature.RANDOM;
  if (service.hash.kind === 'maglev' && service.hash.by === 'source') features |= LbFeature.HASH_SOURCE;
  return features;
}

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
