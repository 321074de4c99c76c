// The envelope sender of each delivery, whose token identifies a bounce (VERP).
import { composeVariant, nobodysLinks } from '../../src/delivery/message.js';
import {
  envelopeSender,
  readEnvelopeSender,
  readVerp,
  readVerpSender,
  signVerp,
  verpSender,
  type MailOrigin,
} from '../../src/mail/verp.js';
import { oneKey } from '../../src/secrets.js';
import { links } from '../support/newsroom.js';

const key = oneKey(Buffer.alloc(32, 7));
const largest = '9223372036854775807';

test.each([
  ['1', '1'],
  ['12', '77'],
  ['9007199254740993', '4'],
  [largest, largest],
])(
  'the token of issue %s and subscriber %s can be read back, in any case of letters',
  (issueId, subscriberId) => {
    const ids = { issueId, subscriberId };
    const token = signVerp(key, ids);
    expect(token).toMatch(/^[0-9a-v]{48}$/);
    expect(readVerp(key, token)).toEqual(ids);
    expect(readVerp(key, token.toUpperCase())).toEqual(ids);
    expect(token).toBe(signVerp(key, ids));
  },
);

test('the local part is within 64 octets for any ids, and of one length (RFC 5321 section 4.5.3.1.1)', () => {
  const sender = verpSender(key, { issueId: largest, subscriberId: largest }, 'news.example.org');
  expect(sender).toMatch(/^bounces\+[0-9a-v]+@news\.example\.org$/);
  expect(sender.indexOf('@')).toBe(56);
  expect(verpSender(key, { issueId: '1', subscriberId: '1' }, 'news.example.org').indexOf('@')).toBe(56);
});

test('an address is read in upper and lower case; other addresses name no delivery', () => {
  const ids = { issueId: '12', subscriberId: '77' };
  const sender = verpSender(key, ids, 'news.example.org');
  expect(readVerpSender(key, sender)).toEqual(ids);
  expect(readVerpSender(key, sender.toUpperCase())).toEqual(ids);
  for (const other of [
    '',
    'bounces@news.example.org',
    'bounces+@news.example.org',
    sender.slice(1),
    'digest@x',
  ])
    expect(readVerpSender(key, other)).toBeUndefined();
});

test('a token with any character changed, missing or added is not ours', () => {
  const token = signVerp(key, { issueId: '12', subscriberId: '77' });
  for (let at = 0; at < token.length; at += 1)
    for (const digit of '0123456789abcdefghijklmnopqrstuv'.replace(token[at] ?? '', ''))
      expect(readVerp(key, token.slice(0, at) + digit + token.slice(at + 1))).toBeUndefined();
  for (const other of [
    '',
    token.slice(1),
    `${token}0`,
    ` ${token}`,
    token.replace(/^./, 'w'),
    token.replace(/^./, 'ı'),
  ])
    expect(readVerp(key, other)).toBeUndefined();
  expect(readVerp(oneKey(Buffer.alloc(32, 8)), token)).toBeUndefined();
});

const origins: MailOrigin[] = [
  { kind: 'delivery', issueId: '12', subscriberId: '77' },
  { kind: 'confirmation', subscriptionId: largest },
  { kind: 'notice', subscriptionId: largest },
  { kind: 'address-change', changeId: '5' },
  { kind: 'test', issueId: '12' },
  { kind: 'account', accountId: '3' },
];

test.each(origins)('the envelope sender of $kind names the mail, and no other kind', (origin) => {
  const sender = envelopeSender(key, origin, 'bounces.example.org');
  expect(sender).toMatch(/^(bounces|confirm)\+[0-9a-v]{48}@bounces\.example\.org$/);
  expect(readEnvelopeSender(key, sender.toUpperCase())).toEqual(origin);
  expect(readVerpSender(key, sender) !== undefined).toBe(origin.kind === 'delivery');
  // The kind is inside the token: with another prefix it names nothing.
  const moved = sender.replace(/^\w+/, (prefix) => (prefix === 'bounces' ? 'confirm' : 'bounces'));
  expect(readEnvelopeSender(key, moved)).toBeUndefined();
  expect(readEnvelopeSender(oneKey(Buffer.alloc(32, 8)), sender)).toBeUndefined();
});

test('a delivery has its token in the envelope sender, at the domain of From', async () => {
  const { unsubscribeUrl: url } = nobodysLinks(links);
  const variant = await composeVariant(
    {
      issueId: '12',
      newsletterId: '3',
      slug: 'daily',
      from: { name: 'News', address: 'digest@news.example.org' },
      replyTo: 'editor@elsewhere.example.org',
      subject: 'Today',
      html: url,
      text: url,
      date: new Date(),
    },
    links,
  );
  const sender = variant.senderFor({ subscriberId: '77', subscriptionId: '99', address: 'ana@example.com' });
  expect(sender).toMatch(/^bounces\+[0-9a-v]{48}@news\.example\.org$/);
  expect(readVerpSender(links.verpKey, sender)).toEqual({ issueId: '12', subscriberId: '77' });
});
