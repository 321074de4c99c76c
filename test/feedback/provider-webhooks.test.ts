// Each provider's webhook: taken, forged, replayed and late. All readers are of one issue.
import { schemes } from '../../src/feedback/hooks/schemes.js';
import { providerTypes } from '../../src/feedback/hooks/provider-types.js';
import { judgeEvent } from '../../src/feedback/hooks/judge-event.js';
import { idRows, relayIdIn } from '../../src/mail/relay-id.js';
import { minute } from '../../src/durations.js';
import { useDatabase } from '../support/fixture.js';
import { complaint, hardBounce, messageIdOf, untouched, useHooks, verpOf } from './hook-scene.js';
import { providers, type About, type EventName } from './provider-calls.js';

const database = useDatabase();
const urls = providers.map(
  ({ scheme, option }) => `smtp://${scheme}.example.org?feedback=${scheme}&${option}`,
);
const { scene, call, acceptedIssue, outcome, inbox } = useHooks(database, [...new Set(urls)].join());

let issueId = '';
let readers: { subscriberId: string; address: string }[] = [];
beforeAll(async () => {
  ({ issueId } = await acceptedIssue(40));
  readers = await database.db.query(
    `select d.subscriber_id, r.address from deliveries d join subscribers r on r.id = d.subscriber_id
     where issue_id = $1 order by 1`,
    [issueId],
  );
});

let events = 0;
/** A reader of the issue who had nothing yet, and what a provider knows of the mail. */
async function nextReader() {
  const reader = readers.shift();
  if (reader === undefined) throw new Error('too few readers');
  const { subscriberId, address } = reader;
  const relayId = `8a5475cc-bbc6-11ed-a122-${subscriberId.padStart(12, '0')}`;
  await database.db.query('update deliveries set relay_id = $3 where issue_id = $1 and subscriber_id = $2', [
    issueId,
    subscriberId,
    relayId,
  ]);
  const sender = verpOf(issueId, subscriberId);
  const messageId = messageIdOf(issueId, subscriberId);
  const about = (): About => {
    events += 1;
    return { recipient: address, sender, messageId, relayId, at: scene.now, id: `${1000 + events}` };
  };
  /** Without the counts of the issue, which others share. */
  const state = async () => {
    const { bounced: _, complained: __, ...rest } = await outcome({ issueId, subscriberId });
    return rest;
  };
  return { about, state };
}

const alone = ({
  bounced: _,
  complained: __,
  ...rest
}: typeof untouched | typeof hardBounce | typeof complaint) => rest;
const counts = async () => outcome({ issueId, subscriberId: readers.at(-1)?.subscriberId ?? '' });

test.each(providers.map((one) => [one.scheme, one] as const))(
  '%s: bounce, complaint, unsubscribe and delivery; forged, replayed, late',
  async (scheme, { call: callOf, forged, signsTime, events: reported }) => {
    const relay = `${scheme}.example.org`;
    const before = await counts();
    const bounced = await nextReader();
    const late = { ...bounced.about(), at: new Date(scene.now.getTime() - 6 * minute) };
    const refused = [forged('bounce', bounced.about()), ...(signsTime ? [callOf('bounce', late)] : [])];
    for (const one of refused) expect(await call(relay, one)).toBe(401);
    expect(scene.rejected).toEqual(signsTime ? ['bad-signature', 'late'] : ['bad-signature']);
    expect([await bounced.state(), await inbox()]).toEqual([alone(untouched), []]);

    expect(await call(relay, callOf('delivered', bounced.about()))).toBe(200);
    expect(await bounced.state()).toEqual({ ...alone(untouched), kinds: ['note'] });
    const sent = callOf('bounce', bounced.about());
    expect([await call(relay, sent), await call(relay, sent)]).toEqual([200, 200]);
    expect(await bounced.state()).toEqual({
      ...alone(hardBounce),
      kinds: expect.arrayContaining(['note', 'hard']),
    });
    expect(await inbox()).toHaveLength(2);

    const others: Partial<Record<EventName, object>> = {
      complaint: alone(complaint),
      unsubscribe: { ...alone(untouched), left: true },
    };
    for (const event of ['complaint', 'unsubscribe'] as const) {
      if (!reported.includes(event)) continue;
      const reader = await nextReader();
      expect(await call(relay, callOf(event, reader.about()))).toBe(200);
      expect(await reader.state()).toEqual(others[event]);
    }
    const after = await counts();
    expect([
      (after.bounced ?? 0) - (before.bounced ?? 0),
      (after.complained ?? 0) - (before.complained ?? 0),
    ]).toEqual([1, reported.includes('complaint') ? 1 : 0]);
  },
);

const judged = (scheme: string, type: 'bounce' | 'suppressed', over: object) =>
  judgeEvent({ relay: 'r', scheme, type, ...over }).kind;

test.each(providerTypes.flatMap((row) => row.schemes.map((scheme) => [scheme, row.example, row] as const)))(
  "%s's %s decides where the words say nothing",
  (scheme, named, { kind, pattern, origin }) => {
    expect(pattern.test(named)).toBe(true);
    expect(origin).toMatch(/\w+\.\w+/);
    expect(judged(scheme, 'bounce', { named })).toBe(kind);
    // The server's words outrank the provider's name.
    expect(judged(scheme, 'bounce', { named, diagnostic: '552 5.2.2 Mailbox full' })).toBe('full');
  },
);

test.each([
  ['bounce', { named: 'Permanent/General' }, 'unknown'],
  ['bounce', { code: 550, diagnostic: '5.1.1 User unknown' }, 'hard'],
  ['bounce', { status: '5.1.1' }, 'hard'],
  ['bounce', { code: 550 }, 'unknown'],
  ['bounce', { diagnostic: '550 5.7.1 Message rejected as spam' }, 'content'],
  ['suppressed', { code: 605, diagnostic: 'Not delivering to previously bounced address' }, 'unavailable'],
  ['suppressed', { named: 'Permanent/OnAccountSuppressionList' }, 'unavailable'],
  [
    'suppressed',
    { diagnostic: 'Amazon SES has suppressed sending to this address', status: '5.1.1' },
    'hard',
  ],
  ['suppressed', { diagnostic: 'Bounced Address: user unknown' }, 'unavailable'],
] as const)('a %s with %j is judged as %s', (type, over, kind) => {
  expect(judged('ses', type, over)).toBe(kind);
});

test.each(Object.entries(schemes))('%s survives any body', (_, { events: eventsOf }) => {
  const bodies = [
    '',
    '{}',
    '[]',
    'null',
    '1',
    '"x"',
    '[null, 1, {"msys": 3}]',
    '{"event-data": []}',
    '\0',
    '[{"type":{}}]',
  ];
  for (const body of bodies) {
    const read = eventsOf({ body: Buffer.from(body), header: () => undefined, now: new Date() });
    expect([undefined, []]).toContainEqual(read);
  }
});

test.each(idRows.map(({ example }) => example))('%s has the id %s', (reply, id) => {
  expect(relayIdIn(reply)).toBe(id);
});

test('a reply without an id has none', () => {
  for (const reply of ['250 OK', '250 2.0.0 Ok', '250 Great success', '250 2.6.0 message received'])
    expect(relayIdIn(reply)).toBeUndefined();
});
