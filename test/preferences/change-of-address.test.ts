// A reader changes their address: both ends get a mail, and both must agree.
import { addressHash } from '../../src/subscribers/address.js';
import { eraseSubscriber } from '../../src/people/erase-subscriber.js';
import { enqueueUnsentAddressMails } from '../../src/preferences/send-address-mails.js';
import { signToken, type LinkPurpose } from '../../src/subscribers/tokens.js';
import { useDatabase, useSite } from '../support/fixture.js';
import {
  assembleDeps,
  deliveryDeps,
  fanOutNext,
  ledger,
  makeNewsletter,
  makePosts,
  makeReaders,
  sendAll,
} from '../support/newsroom.js';
import { startSink } from '../support/smtp-sink.js';
import { secrets } from '../support/site.js';

const days = 24 * 3_600_000;

const database = useDatabase();
const site = useSite(database);

const linkOf = (purpose: LinkPurpose, subscriptionId: string) =>
  `${site.url}/${purpose}/${signToken(secrets.derive('links'), purpose, subscriptionId)}`;

async function post(url: string, fields: Record<string, string>) {
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(fields) });
  return { status: answer.status, text: await answer.text() };
}

const ask = (subscriptionId: string, address: string) =>
  post(linkOf('preferences', subscriptionId), { action: 'move', address });

/** The link in the last mail to this address. */
async function linkTo(address: string): Promise<string> {
  const mail = await site.sink.messagesTo(address).at(-1)?.parsed();
  const [, path] = /(\/address\/[\w-]+)/.exec(mail?.text ?? '') ?? [];
  if (path === undefined) throw new Error(`no link was mailed to ${address}`);
  return site.url + path;
}

const agree = (url: string) => post(url, { answer: 'yes' });

/** Creates active readers of one newsletter: PREFIX1@…, PREFIX2@… */
async function readers(prefix: string, howMany: number, newsletterId?: string) {
  const id = newsletterId ?? (await makeNewsletter(database.db, { name: `The Test ${prefix}` })).id;
  await makeReaders(database.db, id, howMany, { prefix });
  const rows = await database.db.query<{ id: string; subscriberId: string; address: string }>(
    `select s.id, s.subscriber_id, r.address from subscriptions s join subscribers r on r.id = s.subscriber_id
     where s.newsletter_id = $1 and r.address like $2 order by s.id`,
    [id, `${prefix}%`],
  );
  for (const { subscriberId, address } of rows)
    await database.db.change('update subscribers set address_hash = $2 where id = $1', [
      subscriberId,
      addressHash(secrets.derive('address-hash'), address),
    ]);
  return { newsletterId: id, rows };
}

const addressOf = async (subscriptionId: string) =>
  (
    await database.db.maybeOne<{ address: string }>(
      `select r.address from subscriptions s join subscribers r on r.id = s.subscriber_id where s.id = $1`,
      [subscriptionId],
    )
  )?.address;

const everything = () =>
  database.db.query(
    `select r.id, r.address, s.id as subscription, s.unsubscribed_at, s.read_through,
       (select count(*) from consents) as consents from subscribers r join subscriptions s on s.subscriber_id = r.id
     order by r.id, s.id`,
  );

test('both ends get a mail, both must agree, in either order; preferences and the place in the posts stay', async () => {
  const { rows } = await readers('both', 2);
  await database.db.change(
    `update subscriptions set read_through = 7, topics = '{Arts}' where id = any ($1)`,
    [rows.map(({ id }) => id)],
  );
  for (const [at, { id, address }] of rows.entries()) {
    const wanted = `Both-New${at}@Example.org`;
    const mailed = `Both-New${at}@example.org`;
    const asked = await ask(id, wanted);
    expect(asked.text).toContain(`that of ${mailed}`);
    const before = await everything();
    await site.work();
    // The mail to the new address must not contain the old address.
    expect(site.sink.messagesTo(mailed).at(-1)?.raw.toString()).not.toContain(address);
    const links = [await linkTo(address), await linkTo(mailed)];
    const [first, second] = (at === 0 ? links : links.toReversed()) as [string, string];
    // A scanner that opens the links changes nothing.
    for (const link of links) {
      const page = await fetch(link);
      expect([page.status, page.headers.get('cache-control'), page.headers.get('referrer-policy')]).toEqual([
        200,
        'no-store',
        'no-referrer',
      ]);
      expect((await post(link, {})).status).toBe(400);
    }
    expect(await everything()).toEqual(before);
    for (const _ of 'twice') expect((await agree(first)).text).toContain('One more confirmation');
    expect(await addressOf(id)).toBe(address);
    expect(await (await fetch(linkOf('preferences', id))).text()).toContain(
      'Please also confirm in the message',
    );
    expect((await agree(second)).text).toContain('Your address has been changed');
    expect(await addressOf(id)).toBe(mailed);
    expect((await agree(first)).text).toContain('Your address has been changed');
    const stored = await database.db.one<{ readThrough: string; topics: string[]; consents: object[] }>(
      `select read_through, topics, (select json_agg(json_build_object('event', event, 'detail', detail) order by id)
         from consents where subscription_id = $1) as consents from subscriptions where id = $1`,
      [id],
    );
    expect(stored).toMatchObject({
      readThrough: '7',
      topics: ['Arts'],
      consents: [{ event: 'changed', detail: { address: { from: address, to: mailed } } }],
    });
  }
});

test('a no at either end ends it, and so does time, a second wish, or a change of mind', async () => {
  const { rows } = await readers('ends', 4);
  const [no, late, second, mind] = rows;
  await ask(no!.id, 'ends-no@example.org');
  await ask(second!.id, 'ends-first@example.org');
  await ask(mind!.id, 'ends-mind@example.org');
  await site.work();
  await post(await linkTo(no!.address), { answer: 'no' });
  expect((await agree(await linkTo('ends-no@example.org'))).status).toBe(410);

  const before = await linkTo(second!.address);
  await ask(second!.id, 'ends-second@example.org');
  await site.work();
  expect((await agree(before)).status).toBe(410);
  expect((await agree(await linkTo('ends-first@example.org'))).status).toBe(410);

  expect((await post(linkOf('preferences', mind!.id), { action: 'stay' })).text).toContain('stays the same');
  expect((await agree(await linkTo('ends-mind@example.org'))).status).toBe(410);

  await ask(late!.id, 'ends-late@example.org');
  await site.work();
  await agree(await linkTo(late!.address));
  site.clock.forward(3 * days);
  expect((await agree(await linkTo('ends-late@example.org'))).status).toBe(410);
  for (const { id, address } of rows) expect(await addressOf(id)).toBe(address);
});

test('an address that must not be mailed, or is asked for too often, gets the same answer and no mail', async () => {
  const { rows } = await readers('quiet', 5);
  const [first, ...others] = rows;
  await database.db.change(`insert into suppressions (address_hash, reason) values ($1, 'complaint')`, [
    addressHash(secrets.derive('address-hash'), 'quiet-bad@example.org'),
  ]);
  const answers = [await ask(first!.id, 'quiet-bad@example.org')];
  for (const { id } of others) answers.push(await ask(id, 'quiet-all@example.org'));
  await site.work();
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(new Set(answers.map(({ text }) => /and that of/.test(text)))).toEqual(new Set([true]));
  expect(site.sink.messagesTo('quiet-bad@example.org')).toHaveLength(0);
  expect(site.sink.messagesTo('quiet-all@example.org')).toHaveLength(1);
  // The old address gets its mail in any case.
  expect(site.sink.messagesTo(first!.address)).toHaveLength(1);
});

test('an invalid address, the reader’s own address, and a fourth change in a day are refused with the reason', async () => {
  const { rows } = await readers('words', 2);
  const [ana, ben] = rows;
  for (const [address, said] of [
    ['nonsense', 'needs one @'],
    ['', 'The e-mail address is missing'],
    [ana!.address.toUpperCase(), 'This is your address already'],
    ['a@b.example\r\nBcc: c@d.example', 'invisible character'],
  ] as const) {
    const answer = await ask(ana!.id, address);
    expect([answer.status, answer.text.includes(said)]).toEqual([400, true]);
  }
  for (const n of [1, 2, 3]) expect((await ask(ana!.id, `words-${n}@example.org`)).status).toBe(200);
  expect((await ask(ana!.id, 'words-4@example.org')).text).toContain('too many times today');
  await post(linkOf('preferences', ben!.id), { action: 'save', frequency: 'off' });
  await ask(ben!.id, 'words-5@example.org');
  await site.work();
  expect(
    await database.db.query('select 1 from address_changes where address_key = $1', ['words-5@example.org']),
  ).toEqual([]);
});

test('a mail that the relay puts off is tried again, the other end’s is not sent twice', async () => {
  const { rows } = await readers('defer', 1);
  const { id, address } = rows[0]!;
  site.sink.onStage((stage, { rcpt }) =>
    stage === 'rcpt' && rcpt === 'defer-new@example.org' ? { code: 451, text: 'later' } : undefined,
  );
  await ask(id, 'defer-new@example.org');
  await site.work();
  expect(site.sink.messagesTo(address)).toHaveLength(1);
  site.sink.onStage(undefined);
  const { enqueue } = site.queue;
  const sweep = () => enqueueUnsentAddressMails({ db: database.db, enqueue, now: site.clock.now });
  await sweep();
  expect(site.queue.jobs).toHaveLength(0);
  site.clock.forward(10 * 60_000);
  await sweep();
  await site.work();
  expect(site.sink.messagesTo(address)).toHaveLength(1);
  await agree(await linkTo(address));
  await agree(await linkTo('defer-new@example.org'));
  expect(await addressOf(id)).toBe('defer-new@example.org');
});

test('an erased reader is removed from other readers’ changes of address too', async () => {
  const { rows } = await readers('gone', 2);
  const [ana, ben] = rows;
  await ask(ana!.id, ben!.address);
  await site.work();
  await eraseSubscriber({ db: database.db, now: site.clock.now }, { id: ben!.subscriberId });
  expect(await database.db.query('select 1 from address_changes where address = $1', [ben!.address])).toEqual(
    [],
  );
  expect((await agree(await linkTo(ana!.address))).status).toBe(404);
  expect(await addressOf(ana!.id)).toBe(ana!.address);
});

describe('an address with an active subscription', () => {
  /** Ana moves to an address that Ben already uses. */
  async function merge(ana: { id: string; address: string }, ben: { address: string }) {
    await ask(ana.id, ben.address);
    await site.work();
    await agree(await linkTo(ana.address));
    expect((await agree(await linkTo(ben.address))).text).toContain('Your address has been changed');
  }

  test('becomes the same reader: one place on each newsletter, and no link of an old mail is dead', async () => {
    const { newsletterId, rows } = await readers('merge', 2);
    const [ana, ben] = rows as [(typeof rows)[0], (typeof rows)[0]];
    const { id: alone } = await makeNewsletter(database.db, { name: 'Only of Ben' });
    await database.db.query(
      `insert into subscriptions (newsletter_id, subscriber_id, confirmed_at) values ($1, $2, now())`,
      [alone, ben.subscriberId],
    );
    await database.db.change(
      `update subscriptions set read_through = case when id = $1 then 3 else 9 end
      where newsletter_id = $2`,
      [ana.id, newsletterId],
    );
    await merge(ana, ben);
    const left = await database.db.query<{ newsletterId: string; subscriberId: string; readThrough: string }>(
      `select s.newsletter_id, s.subscriber_id, s.read_through from subscriptions s
       join subscribers r on r.id = s.subscriber_id where r.address = $1 order by s.id`,
      [ben.address],
    );
    expect(left).toEqual([
      { newsletterId, subscriberId: ana.subscriberId, readThrough: '9' },
      { newsletterId: alone, subscriberId: ana.subscriberId, readThrough: '0' },
    ]);
    // The links in Ben's old mails lead to the subscription that remains.
    expect(await (await fetch(linkOf('preferences', ben.id))).text()).toContain(ben.address);
    await post(linkOf('unsubscribe', ben.id), { 'List-Unsubscribe': 'One-Click' });
    const { unsubscribedAt } = await database.db.one<{ unsubscribedAt: Date | null }>(
      'select unsubscribed_at from subscriptions where id = $1',
      [ana.id],
    );
    expect(unsubscribedAt).not.toBeNull();
  });

  test('keeps its place where the mover had left; the record of consent is whole', async () => {
    const { rows } = await readers('stay', 2);
    const [ana, ben] = rows as [(typeof rows)[0], (typeof rows)[0]];
    const other = await readers('stay', 1);
    const [elsewhere] = other.rows as [(typeof rows)[0]];
    expect(elsewhere.subscriberId).toBe(ana.subscriberId);
    await post(linkOf('preferences', ana.id), { action: 'save', frequency: 'off' });
    await merge(elsewhere, ben);
    expect(await addressOf(ben.id)).toBe(ben.address);
    expect(await addressOf(ana.id)).toBeUndefined();
    const events = await database.db.query<{ event: string }>(
      'select event from consents where subscription_id = $1 order by id',
      [ben.id],
    );
    expect(events.map(({ event }) => event)).toEqual(['unsubscribed', 'changed']);
    expect(await (await fetch(linkOf('preferences', ana.id))).text()).toContain(ben.address);
  });

  test('in the middle of an issue: each mail that is queued goes out once, and the sums agree', async () => {
    const { newsletterId, rows } = await readers('middle', 3);
    const [ana, ben, eve] = rows as [(typeof rows)[0], (typeof rows)[0], (typeof rows)[0]];
    // Ben and Eve share one newsletter. Ana asks from another, which only she reads.
    const { rows: own } = await readers('middle', 1);
    expect(own[0]?.subscriberId).toBe(ana.subscriberId);
    await database.db.change('delete from subscriptions where id = $1', [ana.id]);
    await makePosts(database.db, newsletterId, 2);
    const issueId = await fanOutNext(assembleDeps(database.db), newsletterId);
    await merge(own[0]!, ben);
    const sink = await startSink();
    const bench = await deliveryDeps(database.db, sink.url);
    await sendAll(bench, issueId);
    await bench.close();
    await sink.close();
    expect(sink.messages.flatMap(({ to }) => to).toSorted((a, b) => a.localeCompare(b))).toEqual([
      ben.address,
      eve.address,
    ]);
    expect(await ledger(database.db, issueId)).toEqual({ accepted: 2 });
  });
});
