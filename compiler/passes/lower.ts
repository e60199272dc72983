/** Drafts to the state: plain data in canonical order, without places in texts. */
import type { Compilation, Draft, PlacedFrontend, PlacedTarget } from '../compilation.ts';
import { sortBackends, sortFrontends, sortServices } from '../order.ts';
import type { Backend, Frontend, Service } from '../state.ts';

export function lower(c: Compilation): void {
  c.state = {
    rulesets: [...new Set(c.units.map((u) => u.ruleset))].sort(),
    services: sortServices(c.drafts.map(toService)),
    attachments: c.attachments,
  };
}

function toService({ statement, unit, origin, settings, frontends, backends }: Draft): Service {
  return {
    ruleset: unit.ruleset,
    name: statement.name.text,
    ...(statement.doc === undefined ? {} : { doc: statement.doc }),
    origin,
    frontends: sortFrontends(frontends.map(toFrontend)),
    ...settings!,
    backends: sortBackends(backends.map(toBackend)),
  };
}

function toFrontend({ address, family, port, protocol }: PlacedFrontend): Frontend {
  return { address, family, port, protocol };
}

function toBackend({ name, address, family, port, weight, state }: PlacedTarget): Backend {
  return { ...(name === undefined ? {} : { name }), address, family, port, weight, state };
}
