import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hasErrors } from '../../dsl/diagnostic.ts';
import type { Session } from '../../runtime/session-port.ts';
import { openSession } from '../../runtime/session.ts';
import { raiseMachine, type Machine } from '../support/machine.ts';
import { realDatapath, testWith } from '../support/needs.ts';

const test = suite('session');
let machine: Machine | undefined;
test.after(() => machine?.topology.remove());

function testOn(title: string, body: (session: Session, other: Session) => void): void {
  testWith(realDatapath, test, title, () => {
    machine ??= raiseMachine();
    const options = { instance: 's', bpffs: machine.bpffs, ruleset: 'repl', netns: machine.netns };
    const session = openSession(options);
    const other = openSession({ ...options, ruleset: 'other' });
    try {
      body(session, other);
    } finally {
      session.remove();
      session.close();
      other.close();
    }
  });
}

const text = (backend: string): string => `attach sluice-up\nservice web vip 10.99.0.1:80 -> ${backend} mode dsr  # as typed\n`;
const candidate = (backend: string): { file: string; text: string } => ({ file: 'repl', text: text(backend) });

testOn('a candidate is proposed, committed, and read back as it was typed', (session) => {
  assert.is(session.obstacle, undefined);
  assert.is(session.source(), '');
  const proposal = session.propose(candidate('10.8.0.11'));
  assert.equal(proposal.diagnostics, []);
  assert.equal(session.commit(proposal), { diagnostics: [], serial: 1 });
  assert.is(session.source(), text('10.8.0.11'));
  assert.equal(session.propose(candidate('10.8.0.11')).plan!.steps, []);
  assert.match(session.show(['backends', 'web']).text, /10\.8\.0\.11/);
});

testOn('undo brings the former text back with the former configuration', (session) => {
  session.commit(session.propose(candidate('10.8.0.11')));
  session.commit(session.propose(candidate('10.8.0.12')));
  assert.equal(session.undo(), { diagnostics: [], serial: 1 });
  assert.is(session.source(), text('10.8.0.11'));
});

testOn("another ruleset's commit keeps this one's text, and makes an older proposal stale", (session, other) => {
  session.commit(session.propose(candidate('10.8.0.11')));
  const proposal = session.propose(candidate('10.8.0.12'));
  const theirs = other.propose({ file: 'other', text: 'service db vip 10.99.0.2:80 -> 10.8.0.20 mode dsr\n' });
  assert.equal(other.commit(theirs).diagnostics, []);
  assert.equal(session.commit(proposal).diagnostics.map((d) => d.code), ['LB502']);
  assert.is(session.source(), text('10.8.0.11'));
  assert.equal(session.commit(session.propose(candidate('10.8.0.12'))).diagnostics, []);
  assert.match(other.source(), /service db/);
});

testOn('a candidate with an error has no plan, and committing it changes nothing', (session) => {
  const proposal = session.propose({ file: 'repl', text: 'service web vip 10.99.0.1:80 -> 10.8.0.11 mode drs\n' });
  assert.ok(hasErrors(proposal.diagnostics));
  assert.is(proposal.plan, undefined);
  assert.ok(hasErrors(session.commit(proposal).diagnostics));
  assert.equal(session.show(['instances']).text, 'no instances');
});

testOn('what cannot be shown is answered with what can', (session) => {
  const said = (...what: string[]): string => session.show(what).diagnostics.map((d) => `${d.message} ${d.hint}`).join();
  assert.match(said('servces'), /services/);
  assert.match(said(), /show what/);
  assert.match(said('drops', 'x'), /takes no name/);
  assert.match(said('services'), /no instance/);
});

test('without a bpffs there is an obstacle, and a plan against an empty datapath', () => {
  const session = openSession({ instance: 's', bpffs: '/nonexistent', ruleset: 'repl' });
  assert.ok(session.obstacle && hasErrors([session.obstacle]));
  const proposal = session.propose({ file: 'repl', text: 'service web vip 10.99.0.1:80 -> 10.8.0.11 mode dsr\n' });
  assert.is(proposal.plan!.changes.length, 1);
  assert.equal(session.commit(proposal).diagnostics, [session.obstacle]);
  assert.equal(session.undo().diagnostics, [session.obstacle]);
  assert.is(session.source(), '');
  assert.is(session.remove(), false);
});

test.run();
