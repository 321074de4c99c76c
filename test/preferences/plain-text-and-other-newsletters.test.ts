// The other choices on the preferences page: plain text, language, counting, and further newsletters.
import { authenticate } from 'mailauth';
import { generateKeyPairSync } from 'node:crypto';
import { createVariantCache } from '../../src/delivery/variant-cache.js';
import { previewIssue } from '../../src/delivery/preview.js';
import { openDkim } from '../../src/mail/dkim.js';
import type { NewsletterInput } from '../../src/newsletters/schema.js';
import { updateSubscriber } from '../../src/subscribers/update-subscriber.js';
import { signToken } from '../../src/subscribers/tokens.js';
import { useDatabase, useSite } from '../support/fixture.js';
import {
  assembleDeps,
  deliveryDeps,
  fanOutNext,
  links,
  makeListedNewsletter,
  makeNewsletter,
  makePosts,
  makeReaders,
  quiet,
  sendAll,
} from '../support/newsroom.js';
import { startSink } from '../support/smtp-sink.js';
import { secrets } from '../support/site.js';

const database = useDatabase();
const site = useSite(database);

const urlOf = (subscriptionId: string) =>
  `${site.url}/preferences/${signToken(secrets.derive('links'), 'preferences', subscriptionId)}`;

async function press(subscriptionId: string, action: string, fields: [string, string][] = []) {
  const body = new URLSearchParams([...fields, ['action', action]]);
  const answer = await fetch(urlOf(subscriptionId), { method: 'POST', body });
  return { status: answer.status, text: await answer.text() };
}

async function readersOf(prefix: string, count: number, input: Partial<NewsletterInput> = {}) {
  const newsletter = await makeNewsletter(database.db, input);
  await makeReaders(database.db, newsletter.id, count, { prefix });
  const subscriptions = await database.db.query<{ id: string; subscriberId: string }>(
    'select id, subscriber_id from subscriptions where newsletter_id = $1 order by id',
    [newsletter.id],
  );
  return { newsletter, subscriptions };
}

const consentsOf = (subscriptionId: string) =>
  database.db.query<{ event: string; wording: string | null; detail: object | null }>(
    'select event, wording, detail from consents where subscription_id = $1 order by id',
    [subscriptionId],
  );

test('plain text alone: one part, every header, a signature that holds; the others have both', async () => {
  const { newsletter, subscriptions } = await readersOf('plain', 3);
  const [ana] = subscriptions;
  const ticked = await press(ana!.id, 'save', [
    ['plainText', 'no'],
    ['plainText', 'yes'],
  ]);
  expect(ticked.text).toMatch(/name="plainText" value="yes" checked/);
  expect(await consentsOf(ana!.id)).toEqual([
    { event: 'changed', wording: null, detail: { plainText: true } },
  ]);

  await makePosts(database.db, newsletter.id, [{ title: 'Harbour bridge reopens' }, { title: 'Café news' }]);
  const issueId = await fanOutNext(assembleDeps(database.db), newsletter.id);

  const sink = await startSink();
  const deps = await deliveryDeps(database.db, sink.url);
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const signer = openDkim([{ domain: 'news.example.org', selector: 'test', privateKey }], {
    now: () => new Date(),
    log: quiet,
  });
  deps.variants = createVariantCache({ db: database.db, links, signer });
  await sendAll(deps, issueId);
  await deps.close();
  await sink.close();

  expect(sink.messages).toHaveLength(3);
  const [message] = sink.messagesTo('plain1@readers.example.org');
  const mail = await message!.parsed();
  expect(mail.html).toBeUndefined();
  expect(mail.text).toContain('Café news');
  const raw = message!.raw.toString('latin1');
  const head = raw.slice(0, raw.indexOf('\r\n\r\n'));
  expect(head).toMatch(/^Content-Type: text\/plain; charset=utf-8/m);
  const [other] = sink.messagesTo('plain2@readers.example.org');
  expect((await other!.parsed()).html).toContain('Café news');
  const names = (text: string) =>
    [...text.slice(0, text.indexOf('\r\n\r\n')).matchAll(/^([\w-]+):/gm)]
      .map(([, name = '']) => name)
      .toSorted((a, b) => a.localeCompare(b));
  // A mail of one part states its encoding in the message header.
  expect(names(raw).filter((name) => name !== 'Content-Transfer-Encoding')).toEqual(
    names(other!.raw.toString('latin1')),
  );
  const token = signToken(links.key, 'unsubscribe', ana!.id);
  // In the header and in the text, once each.
  expect(raw.replaceAll('=\r\n', '').split(token)).toHaveLength(3);

  const record = `v=DKIM1; k=rsa; p=${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`;
  for (const { raw: bytes } of sink.messages) {
    const { dkim } = await authenticate(bytes, {
      resolver: (name: string) =>
        name === 'test._domainkey.news.example.org'
          ? Promise.resolve([[record]])
          : Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })),
      disableArc: true,
      disableBimi: true,
      disableDmarc: true,
    });
    expect(dkim.results.map(({ status }) => status.result)).toEqual(['pass']);
  }

  const preview = { issueId, part: 'raw' } as const;
  const previews = { db: database.db, links, now: site.clock.now };
  const as = (subscriberId?: string) => previewIssue(previews, { ...preview, subscriberId });
  expect(await as(ana!.subscriberId)).toMatchObject({
    ok: true,
    content: expect.not.stringContaining('text/html'),
  });
  expect(await as()).toMatchObject({ ok: true, content: expect.stringContaining('text/html') });

  await press(ana!.id, 'save', [['plainText', 'no']]);
  const byAdmin = { id: ana!.subscriberId, via: 'api', newsletterId: newsletter.id } as const;
  for (const plainText of [true, false]) {
    const changed = await updateSubscriber(
      { db: database.db, now: site.clock.now },
      { ...byAdmin, plainText },
    );
    expect(changed).toMatchObject({ ok: true, subscriber: { subscriptions: [{ plainText }] } });
  }
  expect((await consentsOf(ana!.id)).at(-1)?.detail).toEqual({ plainText: false });
});

test('a language, for all that the person reads; the first of the list is the newsletter’s', async () => {
  const { subscriptions } = await readersOf('speak', 1);
  const [{ id, subscriberId }] = subscriptions as [{ id: string; subscriberId: string }];
  const language = async () =>
    (
      await database.db.one<{ language: string | null }>('select language from subscribers where id = $1', [
        subscriberId,
      ])
    ).language;
  await press(id, 'save', [['language', 'de']]);
  expect(await language()).toBe('de');
  // A button that does not send the language keeps it.
  await press(id, 'save', [['frequency', 'daily']]);
  expect(await language()).toBe('de');
  expect((await press(id, 'save', [['language', '<b>']])).status).toBe(400);
  await press(id, 'save', [['language', '']]);
  expect(await language()).toBeNull();
  expect((await consentsOf(id)).map(({ detail }) => detail)).toEqual([
    { language: 'de' },
    { language: null },
  ]);
});

describe('being counted', () => {
  const box: [string, string][] = [
    ['tracking', 'no'],
    ['tracking', 'yes'],
  ];

  test('is asked where the newsletter wants it, quoted in the record, and taken back', async () => {
    const { subscriptions } = await readersOf('count', 1, { name: 'The Counter', tracking: 'consent' });
    const { id } = subscriptions[0]!;
    expect(await (await fetch(urlOf(id))).text()).toMatch(/name="tracking" value="yes">/);
    await press(id, 'save', box);
    const [agreed] = await consentsOf(id);
    expect(agreed).toMatchObject({ event: 'changed', detail: { tracking: true } });
    expect(agreed?.wording).toContain('The Counter may count');
    const at = () =>
      database.db.one('select tracking_agreed_at as at from subscriptions where id = $1', [id]);
    expect(await at()).toEqual({ at: site.clock.now() });
    await press(id, 'save', [['tracking', 'no']]);
    expect(await at()).toEqual({ at: null });
    expect((await consentsOf(id)).at(-1)).toMatchObject({ wording: null, detail: { tracking: false } });
  });

  test('is not asked by other newsletters, and not assumed', async () => {
    const { subscriptions } = await readersOf('uncounted', 1);
    const { id } = subscriptions[0]!;
    const page = await (await fetch(urlOf(id))).text();
    expect(page).toContain('name="plainText"');
    expect(page).not.toContain('name="tracking"');
    await press(id, 'save', box);
    expect(await consentsOf(id)).toEqual([]);
  });
});

describe('another newsletter', () => {
  const placeOn = (newsletterId: string, subscriberId: string) =>
    database.db.maybeOne<{ id: string; unsubscribedAt: Date | null; readThrough: string }>(
      'select id, unsubscribed_at, read_through from subscriptions where newsletter_id = $1 and subscriber_id = $2',
      [newsletterId, subscriberId],
    );

  test('is joined and left, with the words in the record; its own page is linked', async () => {
    const { newsletter, subscriptions } = await readersOf('other', 1);
    const { id, subscriberId } = subscriptions[0]!;
    const sunday = await makeListedNewsletter(database.db, { name: 'The Sunday Test' });
    const named: [string, string][] = [['newsletter', sunday.slug]];
    expect((await press(id, 'join', named)).text).toContain('You are now subscribed to The Sunday Test.');
    const place = await placeOn(sunday.id, subscriberId);
    expect(await (await fetch(urlOf(id))).text()).toContain(new URL(urlOf(place!.id)).pathname);
    const [joined] = await consentsOf(place!.id);
    expect(joined).toMatchObject({ event: 'confirmed', detail: { joinedOnPageOf: newsletter.slug } });
    expect(joined?.wording).toContain('The Sunday Test');
    // Joining twice has the effect of joining once.
    await press(id, 'join', named);
    expect(await consentsOf(place!.id)).toHaveLength(1);
    expect((await press(id, 'leave', named)).text).toContain('You have unsubscribed from The Sunday Test.');
    expect((await placeOn(sunday.id, subscriberId))?.unsubscribedAt).not.toBeNull();
    await press(id, 'leave', named);
    await press(id, 'join', named);
    expect((await placeOn(sunday.id, subscriberId))?.unsubscribedAt).toBeNull();
    expect((await consentsOf(place!.id)).map(({ event }) => event)).toEqual([
      'confirmed',
      'unsubscribed',
      'confirmed',
    ]);
    expect((await press(id, 'join', [['newsletter', 'no-such-one']])).status).toBe(400);
    expect((await press(id, 'join', [['newsletter', newsletter.slug]])).status).toBe(400);
  });

  test('is not joined by a reader who left, nor for a suppressed address', async () => {
    const { subscriptions } = await readersOf('outside', 2);
    const [left, bad] = subscriptions;
    const other = await makeListedNewsletter(database.db, { name: 'The Other Test' });
    await press(left!.id, 'save', [['frequency', 'off']]);
    await database.db.change(
      `insert into suppressions (address_hash, reason) select address_hash, 'bounce' from subscribers where id = $1`,
      [bad!.subscriberId],
    );
    for (const { id, subscriberId } of [left!, bad!]) {
      await press(id, 'join', [['newsletter', other.slug]]);
      expect(await placeOn(other.id, subscriberId)).toBeUndefined();
    }
    const saved = await press(bad!.id, 'save');
    expect(saved.text).toContain('value="erase"');
    expect(saved.text).not.toContain('The Other Test');
  });
});
