// The composed message: each reader's tokens, and the headers with their RFCs.
import PostalMime from 'postal-mime';
import { join } from '../../src/mail/compose.js';
import { originsIn } from '../../src/mail/verp.js';
import { addressedTo, composeVariant, messageId, nobodysLinks } from '../../src/delivery/message.js';
import { oneKey } from '../../src/secrets.js';
import { readToken, signToken, signTokens } from '../../src/subscribers/tokens.js';
import { baseUrl, links } from '../support/newsroom.js';

const { unsubscribeUrl: unsubscribe, preferencesUrl: preferences, sentTo } = nobodysLinks(links);
const source = (html: string, text: string) => ({
  issueId: '12',
  newsletterId: '3',
  slug: 'daily',
  from: { name: 'Zoë’s Daily', address: 'digest@news.example.org' },
  replyTo: 'editor@news.example.org',
  subject: 'Grüße aus Köln: “News”',
  html,
  text,
  date: new Date('2026-06-01T07:00:00Z'),
});
const reader = { subscriberId: '77', subscriptionId: '99', address: 'ana@example.com' };
const escaped = (text: string): string => text.replaceAll(/[.+]/g, '\\$&');
const header = (raw: string, name: string) =>
  raw
    .slice(0, raw.indexOf('\r\n\r\n'))
    .split(/\r\n(?![ \t])/)
    .filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
    .map((line) => line.slice(name.length + 1).trim());

// Both encodings, and every position of the tokens relative to the 76 columns of a line.
test.each([
  ['quoted-printable', 'é'],
  ['base64', 'Все люди рождаются свободными и равными в своем достоинстве и правах. '.repeat(9)],
])('each reader has tokens of their own in both parts and in the header, in %s', async (encoding, words) => {
  const own = signTokens(links.key, reader.subscriptionId);
  for (let shift = 0; shift < 80; shift += 1) {
    const html = `<p>${words}${'x'.repeat(shift)}<a href="${unsubscribe}">é leave</a> <a href="${preferences}">less</a></p>`;
    const text = `${words}${'y'.repeat(shift)} ${preferences}${unsubscribe}\nü\n`;
    const variant = await composeVariant(source(html, text), links);
    const raw = variant.messageFor(reader);
    expect(raw.toString().match(/^Content-Transfer-Encoding: .*$/gm)).toEqual(
      [1, 2].map(() => `Content-Transfer-Encoding: ${encoding}`),
    );
    const mail = await PostalMime.parse(raw);
    const to = {
      leave: `${baseUrl}/unsubscribe/${own.unsubscribe}`,
      choose: `${baseUrl}/preferences/${own.preferences}`,
    };
    expect(mail.html).toContain(`<a href="${to.leave}">é leave</a> <a href="${to.choose}">less</a>`);
    expect(mail.text?.replaceAll('\r\n', '\n')).toContain(`${'y'.repeat(shift)} ${to.choose}${to.leave}\n`);
    // After removing quoted-printable's soft breaks, no placeholder token remains.
    const joined = raw.toString('latin1').replaceAll('=\r\n', '');
    for (const nobodys of [unsubscribe, preferences]) {
      const token = nobodys.split('/').at(-1) ?? '';
      for (const part of [joined, mail.html, mail.text]) expect(part).not.toContain(token);
    }
  }
  expect(readToken(links.key, 'unsubscribe', own.unsubscribe)).toBe('99');
  expect(readToken(links.key, 'preferences', own.preferences)).toBe('99');
});

test.each([
  ['quoted-printable', 'é'],
  ['base64', 'Все люди рождаются свободными и равными в своем достоинстве и правах. '.repeat(9)],
])('each reader’s address is in both parts, whatever its length, in %s', async (encoding, words) => {
  const addresses = [
    'a@b.example',
    "tom.o'neil&copy@example.com",
    'josé@example.com',
    `${'x.'.repeat(31)}y@${'long.'.repeat(36)}example`,
  ];
  for (let shift = 0; shift < 78; shift += 1) {
    const html = `<p>${words}${'x'.repeat(shift)}${sentTo.html}</p><p><a href="${unsubscribe}">é leave</a></p>`;
    const text = `${words}${'y'.repeat(shift)} ${sentTo.text}${shift % 2 ? '.' : ''}\n${unsubscribe}\nü\n`;
    const variant = await composeVariant(source(html, text), links);
    const address = addresses[shift % addresses.length] ?? '';
    const raw = variant.messageFor({ ...reader, address }).toString();
    expect(raw).toContain(`Content-Transfer-Encoding: ${encoding}\r\n`);
    const lines = raw.slice(raw.indexOf('\r\n\r\n')).split('\r\n');
    expect(lines.filter((line) => line.length > 76)).toEqual([]);
    // A line that is one dot ends the message; other lines that begin with a dot have two (RFC 5321 section 4.5.2).
    const data = join(variant.dataFor({ ...reader, address }, false)).toString();
    expect(data.slice(0, -'.\r\n'.length)).not.toMatch(/^\.(?!\.)/m);
    const mail = await PostalMime.parse(raw);
    const inHtml = address.replaceAll('&', '&amp;');
    expect(mail.html).toMatch(
      new RegExp(`${'x'.repeat(shift)}${escaped(inHtml)} {0,2}</p><p><a href="${baseUrl}/`),
    );
    expect(mail.text).toMatch(
      new RegExp(`${'y'.repeat(shift)} ${escaped(address)} {0,2}\\.?\\r?\\n${baseUrl}/`),
    );
  }
});

test('a preview names the address that it is made for', () => {
  const parts = { html: `<p>${sentTo.html}</p>`, text: sentTo.text };
  expect(addressedTo(links, 'a&b@example.com', parts)).toEqual({
    html: '<p>a&amp;b@example.com</p>',
    text: 'a&b@example.com',
  });
});

test('a base64 part that ends with a token gets the reader’s, whatever its padding', async () => {
  const own = signTokens(links.key, reader.subscriptionId);
  for (let shift = 0; shift < 3; shift += 1) {
    const text = `${'x'.repeat(shift)}${'日本語'.repeat(99)} ${unsubscribe}`;
    const mail = await PostalMime.parse(
      (await composeVariant(source(`<p>${unsubscribe}</p>`, text), links)).messageFor(reader),
    );
    expect(mail.text?.trim()).toBe(text.replace(/[^/]*$/, own.unsubscribe));
  }
});

test('the header fields are those of a bulk message, each once', async () => {
  const variant = await composeVariant(source(`<p>${unsubscribe}</p>`, unsubscribe), links);
  const raw = variant.messageFor(reader).toString();
  const token = signToken(links.key, 'unsubscribe', reader.subscriptionId);
  for (const name of [
    'From',
    'To',
    'Subject',
    'Date',
    'Message-ID',
    'MIME-Version',
    'List-Id',
    'Feedback-ID',
  ])
    expect(header(raw, name)).toHaveLength(1);
  expect(header(raw, 'To')).toEqual(['ana@example.com']);
  expect(header(raw, 'Reply-To')).toEqual(['editor@news.example.org']);
  expect(header(raw, 'List-Id')).toEqual(['<daily.digest.example.org>']);
  // RFC 8058 section 3.1: exactly one HTTPS URI, on one line.
  expect(header(raw, 'List-Unsubscribe')).toEqual([`<${baseUrl}/unsubscribe/${token}>`]);
  expect(header(raw, 'List-Unsubscribe-Post')).toEqual(['List-Unsubscribe=One-Click']);
  // Where mail is taken in, the field has a mailto address too, whose token names the subscription.
  const taking = await composeVariant(source(`<p>${unsubscribe}</p>`, unsubscribe), {
    ...links,
    takesMail: true,
  });
  const [both = ''] = header(taking.messageFor(reader).toString(), 'List-Unsubscribe');
  expect(both).toMatch(/^<https:[^>]+>, <mailto:unsubscribe\+[0-9a-v]{48}@news\.example\.org>$/);
  expect(originsIn(links.verpKey, both)).toMatchObject([
    { kind: 'unsubscribe', subscriptionId: reader.subscriptionId },
  ]);
  expect(header(raw, 'Precedence')).toEqual(['bulk']);
  expect(header(raw, 'Auto-Submitted')).toEqual(['auto-generated']);
  expect(header(raw, 'X-Auto-Response-Suppress')).toEqual(['All']);
  const feedbackFields = header(raw, 'Feedback-ID')[0]?.split(':') ?? [];
  expect(feedbackFields.length).toBeLessThanOrEqual(4);
  // Another installation has another sender.
  expect(feedbackFields.at(-1)).toMatch(/^dd[0-9a-f]{10}$/);
  const elsewhere = await composeVariant(source(`<p>${unsubscribe}</p>`, unsubscribe), {
    ...links,
    baseUrl: 'https://digest.example.net',
  });
  const [other = ''] = header(elsewhere.messageFor(reader).toString(), 'Feedback-ID');
  expect(other.split(':').slice(0, 3)).toEqual(feedbackFields.slice(0, 3));
  expect(other.split(':').at(-1)).not.toBe(feedbackFields.at(-1));
});

test('multipart/alternative, text first, CRLF only, lines within 998 octets, utf-8', async () => {
  const long = 'word '.repeat(5_000);
  const variant = await composeVariant(
    source(`<p>${long}</p>${unsubscribe}`, `${long}\n${unsubscribe}`),
    links,
  );
  const raw = variant.messageFor(reader).toString('latin1');
  expect(raw.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  expect(Math.max(...raw.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998);
  expect(header(raw, 'Content-Type')[0]).toMatch(/^multipart\/alternative;/);
  const parts = [...raw.matchAll(/^Content-Type: (text\/\w+); charset=(\S+)/gm)].map((match) => [
    match[1],
    match[2],
  ]);
  expect(parts).toEqual([
    ['text/plain', 'utf-8'],
    ['text/html', 'utf-8'],
  ]);
});

test('Message-ID is a function of issue and subscriber', () => {
  const id = messageId(links, '12', '77', 'example.org');
  expect(id).toBe(messageId(links, '12', '77', 'example.org'));
  expect(id).toMatch(/^<dd\.12\.77\.[0-9a-f]{20}@example\.org>$/);
  expect(id.split('.')[3]).not.toBe(messageId(links, '12', '78', 'example.org').split('.')[3]);
});

test('a digest without an unsubscribe link in both parts is not composed', async () => {
  await expect(composeVariant(source(unsubscribe, 'no link'), links)).rejects.toThrow('unsubscribe link');
});

test('a digest without a preferences link is composed, because older variants have none', async () => {
  const variant = await composeVariant(source(`<p>${unsubscribe}</p>`, unsubscribe), links);
  expect(variant.messageFor(reader).toString()).not.toContain('/preferences/');
});

test('an address with a line break cannot start a header field', async () => {
  const variant = await composeVariant(source(unsubscribe, unsubscribe), links);
  expect(() => variant.messageFor({ ...reader, address: 'a@b.example\r\nBcc: c@d.example' })).toThrow(
    'control character',
  );
});

test('a token is good for its purpose and its key alone', () => {
  const token = signToken(links.key, 'unsubscribe', '5');
  expect(token).toHaveLength(28);
  expect(readToken(links.key, 'preferences', token)).toBeUndefined();
  expect(readToken(oneKey(Buffer.alloc(32)), 'unsubscribe', token)).toBeUndefined();
  for (let at = 0; at < token.length; at += 1) {
    const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
    expect(readToken(links.key, 'unsubscribe', changed)).toBeUndefined();
  }
  expect(readToken(links.key, 'unsubscribe', `${token}A`)).toBeUndefined();
  expect(readToken(links.key, 'unsubscribe', '')).toBeUndefined();
});
