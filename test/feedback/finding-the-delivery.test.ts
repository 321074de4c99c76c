// Which mail something came back about: signed tokens, wherever servers put them.
import { messageId, openLinks } from '../../src/delivery/message.js';
import { condense, mostKept } from '../../src/feedback/condense.js';
import { findOrigin, originKeys } from '../../src/feedback/find-origin.js';
import { openMail } from '../../src/feedback/open-mail.js';
import { readMail } from '../../src/feedback/read-mail.js';
import { keyRings } from '../../src/keys/key-rings.js';
import { envelopeSender, type MailOrigin } from '../../src/mail/verp.js';
import { openSecrets } from '../../src/secrets.js';
import { report } from './sample-mail.js';

const secrets = openSecrets('a key of the tests, thirty-two characters');
const keys = originKeys(secrets);
const delivery: MailOrigin = { kind: 'delivery', issueId: '12', subscriberId: '345' };
const addressOf = (origin: MailOrigin, of = secrets) =>
  envelopeSender(of.derive('verp'), origin, 'bounces.example.org');
const verp = addressOf(delivery);
const local = verp.slice(0, verp.indexOf('@'));

async function originOf(mail: string, recipient?: string, of = keys): Promise<MailOrigin | undefined> {
  return findOrigin(of, await openMail(Buffer.from(mail)), recipient);
}

test.each([
  ['the envelope', '', verp],
  ['Delivered-To', `Delivered-To: ${verp}\nTo: digest@example.org\n\n`, undefined],
  ['X-Original-To', `X-Original-To: <${verp}>\n\n`, undefined],
  ['To, folded', `To:\n <${verp}>\n\n`, undefined],
  [
    'Received',
    `Received: from mx.example.net by us\n\tfor <${verp}>; Fri, 20 Nov 2026 07:00:00 +0000\n\n`,
    undefined,
  ],
  ['upper case', '', verp.toUpperCase()],
  ['PRVS', '', `prvs=0123456789=${verp}`],
  ['BATV', '', `btv1==0123abc==${verp}`],
  ['SRS', '', `SRS0=Ab1=XY=bounces.example.org=${local}@forwarder.example`],
  ['a minus', '', verp.replace('+', '-')],
  ['an equals sign', '', verp.replace('+', '=')],
  [
    'the returned mail',
    report('x', 'Action: failed').replace('Subject: Your', `Return-Path: <${verp}>\nSubject: Your`),
    undefined,
  ],
])('the delivery stands in %s', async (_, mail, recipient) => {
  expect(await originOf(mail, recipient)).toEqual(delivery);
});

test('a complaint with headers alone names its delivery by Message-ID', async () => {
  const links = openLinks(secrets, 'https://digest.example.org');
  const id = messageId(links, '12', '345', 'example.org');
  const complaint = (quoted: string) =>
    `From: staff@hotmail.com\nSubject: complaint about message from 192.0.2.9\nContent-Type: message/rfc822\n\n` +
    `X-HmXmrOriginalRecipient: <redacted>\nMessage-ID: ${quoted}\n\n`;
  expect(await originOf(complaint(id))).toEqual(delivery);
  expect(await originOf(complaint(id.replace('345', '346')))).toBeUndefined();
  expect(
    await originOf(complaint(messageId(links, '12', '345', 'example.org', { nonce: 'test' }))),
  ).toBeUndefined();
});

test('a changed or foreign token names nothing', async () => {
  const changed = verp.replace(/.(?=@)/, (last) => (last === '0' ? '1' : '0'));
  expect(await originOf('', changed)).toBeUndefined();
  expect(await originOf('', verp.replace('bounces', 'confirm'))).toBeUndefined();
  const foreign = addressOf(delivery, openSecrets('another key of the tests, just as long'));
  expect(await originOf(`To: ${foreign}\n\n`)).toBeUndefined();
});

test('the envelope outranks what a mail quotes', async () => {
  const confirmation: MailOrigin = { kind: 'confirmation', subscriptionId: '7' };
  const mail = `To: ${addressOf({ ...delivery, subscriberId: '9' })}\n\n`;
  expect(await originOf(mail, addressOf(confirmation))).toEqual(confirmation);
  const unsubscribe: MailOrigin = { kind: 'unsubscribe', subscriptionId: '7', issueId: '12' };
  expect(await originOf('', addressOf(unsubscribe))).toEqual(unsubscribe);
});

test('without the database, each former key is tried under each id', async () => {
  const rings = keyRings([
    'the third key, thirty-two characters long',
    'a key of the tests, thirty-two characters',
  ]);
  const found = await Promise.all(rings.map((ring) => originOf('', verp, originKeys(ring))));
  expect(found.filter((one) => one !== undefined)).toEqual([delivery]);
});

test('a report behind a long page for people survives the shortening', async () => {
  const page = `<p>${'a long page for people '.repeat(10)}</p>\n`.repeat(600);
  const mail = report(page, 'Final-Recipient: rfc822; ada@example.net\nAction: failed\nStatus: 5.1.1');
  const kept = condense(Buffer.from(mail));
  expect(mail.length).toBeGreaterThan(mostKept);
  expect(kept.length).toBeLessThanOrEqual(mostKept);
  expect((await readMail(kept)).kind).toBe('hard');
});
