// Every mail has an envelope sender of its kind, so that a bounce names what came back.
import { createVariantCache } from '../../src/delivery/variant-cache.js';
import { openLinks } from '../../src/delivery/message.js';
import { sendTest } from '../../src/delivery/preview.js';
import { readConfig } from '../../src/config/environment.js';
import type { Relays } from '../../src/mail/relays.js';
import { createMailer, type ComposedMailer } from '../../src/mail/send.js';
import { readEnvelopeSender } from '../../src/mail/verp.js';
import type { Signer } from '../../src/mail/dkim.js';
import { useDatabase, useSink, useSite } from '../support/fixture.js';
import {
  deliveryDeps,
  issueFor,
  makeNewsletter,
  secretKey,
  sendAll,
  testRelays,
} from '../support/newsroom.js';
import { secrets, subscriptionOf } from '../support/site.js';
import { openSecrets } from '../../src/secrets.js';
import { baseUrl } from '../support/newsroom.js';
import { signToken } from '../../src/subscribers/tokens.js';

const database = useDatabase();
const site = useSite(database);
const sink = useSink();
const keys = secrets.derive('verp');

const originOf = (from: string) => readEnvelopeSender(keys, from);

const opened: Relays[] = [];
afterAll(() => Promise.all(opened.map((relays) => relays.close())));

function mailerAt(url: string, domain?: string, signer?: Signer): ComposedMailer {
  const relays = testRelays(url, { connections: 1 });
  opened.push(relays);
  return createMailer({ relays, now: () => new Date(), signer, envelopes: { keys, domain } });
}

test('a confirmation, a reminder, a notice and the mails of a change of address name what they are about', async () => {
  const { id: newsletterId, slug } = await makeNewsletter(database.db, { name: 'Envelopes' });
  const address = 'ada@example.org';
  await site.subscribe(slug, { email: address });
  await site.work();
  const { id: subscriptionId } = await subscriptionOf(database.db, newsletterId, address);
  const token = await site.tokenTo(address);
  const senders = () => site.sink.messages.splice(0).map(({ from }) => from);
  const [confirmation = ''] = senders();
  expect(confirmation).toMatch(/^confirm\+[0-9a-v]{48}@news\.example\.org$/);
  expect(originOf(confirmation)).toEqual({ kind: 'confirmation', subscriptionId });

  site.clock.forward(25 * 3_600_000);
  await site.remind(subscriptionId);
  expect(senders().map(originOf)).toEqual([{ kind: 'notice', subscriptionId }]);

  expect((await fetch(`${site.url}/confirm/${token}`, { method: 'POST' })).status).toBe(200);
  const preferences = signToken(secrets.derive('links'), 'preferences', subscriptionId);
  await fetch(`${site.url}/preferences/${preferences}`, {
    method: 'POST',
    body: new URLSearchParams({ action: 'move', address: 'ada@elsewhere.example' }),
  });
  await site.work();
  const changes = senders().map(originOf);
  expect(changes).toHaveLength(2);
  for (const origin of changes) expect(origin).toMatchObject({ kind: 'address-change' });
});

test('bounces return to BOUNCE_DOMAIN; a relay with verp=off gets the address in From', async () => {
  const { issueId, address } = await issueFor(database.db, 2);
  const links = openLinks(openSecrets(secretKey), baseUrl, 'bounces.example.org');
  for (const [options, expected] of [
    ['', /^bounces\+[0-9a-v]{48}@bounces\.example\.org$/],
    ['?verp=off', /^digest@news\.example\.org$/],
  ] as const) {
    sink.clear();
    const deps = await deliveryDeps(database.db, sink.url + options);
    const variants = createVariantCache({ db: database.db, links });
    await database.db.query(`update deliveries set state = 'queued' where issue_id = $1`, [issueId]);
    await database.db.query('update issues set finished_at = null where id = $1', [issueId]);
    await sendAll({ ...deps, links, variants }, issueId);
    expect(sink.messages).toHaveLength(2);
    expect(sink.messagesTo(address(1))[0]?.from).toMatch(expected);
    sink.clear();
    await mailerAt(sink.url + options, 'bounces.example.org').send({
      origin: { kind: 'account', accountId: '1' },
      from: { name: 'News', address: 'digest@news.example.org' },
      to: 'owner@example.org',
      subject: 'x',
      html: '<p>x</p>',
      text: 'x',
    });
    expect(sink.messages.map(({ from }) => from)).toEqual([expect.stringMatching(expected)]);
    await deps.close();
  }
  expect(readConfig({ BOUNCE_DOMAIN: 'Bounces.example.org' }).bounceDomain).toBe('bounces.example.org');
  expect(() => readConfig({ BOUNCE_DOMAIN: 'bounces@example.org' })).toThrow(/BOUNCE_DOMAIN/);
});

/** The address and the tokens differ between readers. The bytes around them do not depend on them. */
const masked = (raw: string) =>
  raw
    .replaceAll(/=\r\n/g, '')
    .replace(/^To: .*$/m, 'To: …')
    .replace(/^Message-ID: .*$/m, 'Message-ID: …')
    .replaceAll(/Sent to [^\s<]+/g, 'Sent to …')
    .replaceAll(/\/(unsubscribe|preferences)\/[\w-]+/g, '/$1/…')
    .replaceAll(/(key|archive)=(3D)?[\w-]+/g, '$1=…');

test('a test is the real mail, byte for byte but for its tokens', async () => {
  const { issueId, address } = await issueFor(database.db, 1, { replyTo: 'editor@news.example.org' });
  const links = openLinks(openSecrets(secretKey), baseUrl);
  const signer: Signer = { prepare: () => () => 'DKIM-Signature: by a test\r\n' };
  sink.clear();
  const deps = await deliveryDeps(database.db, sink.url);
  const variants = createVariantCache({ db: database.db, links, signer });
  await sendAll({ ...deps, links, variants }, issueId);
  const mailer = mailerAt(sink.url, undefined, signer);
  const to = ['ed@example.org', 'al@example.org'];
  const tested = await sendTest({ db: database.db, links, mailer, now: () => new Date() }, { issueId, to });
  expect(tested.ok && tested.sent).toHaveLength(2);
  expect(sink.messages).toHaveLength(3);
  const real = sink.messagesTo(address(1))[0]?.raw.toString('latin1') ?? '';
  const test = sink.messagesTo('ed@example.org')[0];
  const copy = test?.raw.toString('latin1') ?? '';
  expect(real).toMatch(/^List-Unsubscribe: <https:\/\/\S+>\r$/m);
  expect(real).not.toContain('mailto:');
  for (const name of ['DKIM-Signature', 'List-Id', 'List-Unsubscribe-Post', 'Feedback-ID', 'Precedence'])
    expect(copy).toMatch(new RegExp(`^${name}: `, 'im'));
  expect(masked(copy)).toBe(masked(real));
  expect(originOf(test?.from ?? '')).toEqual({ kind: 'test', issueId });
  // Mail programs hide a second mail with the same Message-ID.
  const ids = sink.messages.map(({ raw }) => /^Message-ID: (.*)$/m.exec(raw.toString('latin1'))?.[1]);
  expect(new Set(ids).size).toBe(3);
  // No token of the test acts for a reader.
  const [, token = ''] = /\/unsubscribe\/([\w-]+)/.exec(copy) ?? [];
  expect(real).not.toContain(token);
  await deps.close();
});
