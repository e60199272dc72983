/** Expands `vip` to front ends, one for each address, port and protocol, and finds those that two services claim. */
import type { VipClause } from '../../dsl/ast.ts';
import type { Compilation, Draft, PlacedFrontend } from '../compilation.ts';
import { quoted } from '../compilation.ts';
import { frontendKey } from '../live.ts';
import { endpointPlaces, type Place } from '../values.ts';

/** Front ends that one service may have. */
const limit = 4096;

export function expandVips(c: Compilation): void {
  const claimed = new Map<string, { readonly draft: Draft; readonly frontend: PlacedFrontend }>();
  for (const draft of c.drafts) {
    const vip = draft.clauses.get('vip')?.clause as VipClause | undefined;
    if (!vip) {
      c.error('LB202', draft.statement.name.span, `the service ${quoted(draft.statement.name)} has no VIP`, { hint: 'say where clients find it: vip 10.99.0.1:80' });
      continue;
    }
    draft.frontends = expand(c, draft, vip);
    const said = new Set<string>();
    for (const frontend of draft.frontends) {
      const key = frontendKey(frontend);
      const first = claimed.get(key);
      const place = `${frontend.span.start} ${first?.frontend.span.start}`;
      if (first && !said.has(place)) {
        said.add(place);
        overlap(c, draft, frontend, first);
      } else if (!first) claimed.set(key, { draft, frontend });
    }
  }
}

function expand(c: Compilation, draft: Draft, vip: VipClause): PlacedFrontend[] {
  const result: PlacedFrontend[] = [];
  for (const endpoint of vip.endpoints) {
    for (const place of endpointPlaces(c, draft.unit.scope, endpoint)) {
      const why = unusable(place.address);
      if (why) {
        c.error('LB204', endpoint.host.span, `${place.address} cannot be a VIP: it is ${why}`, { hint: 'a VIP is an address that clients send to and that routers bring here' });
      } else if (place.ports === 'any') {
        c.require('every port of a VIP', 'LB629', 'error', endpoint.ports?.span ?? endpoint.span, "a service on every port of a VIP (':*') is not part of this build", 'name the ports: vip 10.99.0.1:{80,443} or :8000-8010');
      } else if (!place.ports) {
        c.error('LB203', endpoint.span, `the VIP ${place.address} has no port`, { hint: `write it behind the address: ${place.family === 6 ? `[${place.address}]` : place.address}:80` });
      } else {
        result.push(...frontends(place, place.ports));
        if (result.length > limit) {
          c.error('LB212', endpoint.span, `a service has at most ${limit} front ends (addresses × ports × protocols)`, { hint: 'split it into several services, or narrow the range' });
          return [];
        }
      }
    }
  }
  return result;
}

function frontends(place: Place, ports: readonly { readonly port: number; readonly span: PlacedFrontend['span'] }[]): PlacedFrontend[] {
  const protocols = place.protocols.length > 0 ? place.protocols : (['tcp'] as const);
  return ports.flatMap(({ port, span }) => protocols.map((protocol) => ({
    address: place.address, family: place.family, port, protocol, span: ports.length > 1 ? span : place.span,
  })));
}

/** Why an address (canonical text) can neither be a VIP nor a backend; undefined where it can. */
export function unusable(address: string): string | undefined {
  if (!address.includes(':')) {
    const first = Number.parseInt(address, 10);
    if (first === 0) return 'the unspecified address';
    if (first === 127) return 'a loopback address';
    if (first >= 224 && first < 240) return 'a multicast address';
    return first >= 240 ? 'a reserved address' : undefined;
  }
  if (address === '::') return 'the unspecified address';
  if (address === '::1') return 'a loopback address';
  if (/^ff[0-9a-f]{2}:/.test(address)) return 'a multicast address';
  return /^fe[89ab][0-9a-f]:/.test(address) ? 'a link-local address' : undefined;
}

function overlap(c: Compilation, draft: Draft, frontend: PlacedFrontend, first: { readonly draft: Draft; readonly frontend: PlacedFrontend }): void {
  const host = frontend.family === 6 ? `[${frontend.address}]` : frontend.address;
  const what = `${host}:${frontend.port}/${frontend.protocol}`;
  const message = first.draft === draft
    ? `${what} stands twice in this service`
    : `${what} belongs to the service ${quoted(first.draft.statement.name)} already`;
  c.error('LB201', frontend.span, message, {
    hint: first.draft === draft ? 'name it once' : 'each address, port and protocol has one service; use another port, or merge the two',
    context: draft.statement.span,
    related: [{ message: 'first here', span: first.frontend.span }],
  });
}
