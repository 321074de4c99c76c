// The pure parts of tracking: tokens, the links of a mail, its second rendering, and the rules about machines.
import PostalMime from 'postal-mime';
import { composeVariant, nobodysLinks } from '../../src/delivery/message.js';
import { oneKey } from '../../src/secrets.js';
import { readToken, tokenLength } from '../../src/subscribers/tokens.js';
import { maskTokens } from '../../src/text/mask-tokens.js';
import { linkIdOf, readClick, signClick } from '../../src/tracking/click-token.js';
import { agentRules, networkRules, ruleOfClick, ruleOfRequest } from '../../src/tracking/machine-rules.js';
import { countedLinksIn, withLinks } from '../../src/tracking/mail-links.js';
import { baseUrl, links } from '../support/newsroom.js';

const { unsubscribeUrl, preferencesUrl } = nobodysLinks(links);
const reader = { subscriberId: '77', subscriptionId: '99', address: 'ana@example.com' };
const browser =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15';

test('a click token is as long as the others, and only ours is read', () => {
  const click = { linkId: linkIdOf('12', 'https://a.example/'), subscriptionId: '281474976710655' };
  const token = signClick(links.key, click);
  expect(token).toHaveLength(tokenLength);
  expect(readClick(links.key, token)).toEqual(click);
  expect(maskTokens(`GET ${baseUrl}/c/${token} failed`)).toBe(`GET ${baseUrl}/c/*** failed`);
  expect(linkIdOf('13', 'https://a.example/')).not.toBe(click.linkId);
  for (const purpose of ['unsubscribe', 'preferences', 'archive'] as const)
    expect(readToken(links.key, purpose, token)).toBeUndefined();
  const other = oneKey(Buffer.alloc(32, 1));
  const changed = `${token.slice(0, 10)}${token[10] === 'A' ? 'B' : 'A'}${token.slice(11)}`;
  for (const wrong of [signClick(other, click), changed, token.slice(1), `${token}A`, '', '../../x'])
    expect(readClick(links.key, wrong)).toBeUndefined();
});

test('web addresses are counted; ours, those of other kinds and those of other elements are not', () => {
  const html =
    `<link href="https://fonts.example/a.css"><a class="a" href="https://a.example/?x=1&amp;y&#x3D;2">A</a>` +
    `<a href="https://a.example/?x=1&amp;y=2">again</a><a href="mailto:a@b.example">b</a><a href="#top">c</a>` +
    `<a href="${unsubscribeUrl}">d</a><a href="${baseUrl}/n/daily/issues/3?key=k">e</a><a href="//x">f</a>` +
    `<img src="https://images.example/b.png"><a href="http://B.example/">B</a>`;
  expect(countedLinksIn(html, baseUrl)).toEqual(['https://a.example/?x=1&y=2', 'http://B.example/']);
  // PostgreSQL takes no NUL: a template that writes one must not stop the freeze.
  expect(countedLinksIn('<a href="https://a.example/&#0;b">A</a>', baseUrl)).toEqual([]);
  const other = withLinks(html, (url) => (url.endsWith('x=1&y=2') ? 'https://c/1' : undefined));
  expect(other.match(/href="https:\/\/c\/1"/g)).toHaveLength(2);
  expect(other).toContain('<a href="http://B.example/">');
});

// Both encodings, and each position of the tokens in a line.
test.each([
  ['quoted-printable', 'é'],
  ['base64', 'Все люди рождаются свободными и равными в своем достоинстве и правах. '.repeat(9)],
])('those who agreed have their tokens in the links, the others have plain ones, in %s', async (_, words) => {
  const urls = ['https://news.example.org/1', 'https://news.example.org/2?a=b&c=d'];
  const ids = new Map(urls.map((url) => [url, linkIdOf('12', url)]));
  for (let shift = 0; shift < 80; shift += 19) {
    const pad = 'x'.repeat(shift);
    const source = {
      issueId: '12',
      newsletterId: '3',
      slug: 'daily',
      from: { name: 'Daily', address: 'digest@news.example.org' },
      replyTo: null,
      subject: 'News',
      html: `<p>${words}${pad}<a href="${urls[0]}">1</a><a href="https://news.example.org/2?a=b&amp;c=d">2</a><a href="${unsubscribeUrl}">leave</a></p>`,
      text: `${words}${pad} ${urls.join(' ')}\n${preferencesUrl} ${unsubscribeUrl}\n`,
      date: new Date('2026-06-01T07:00:00Z'),
    };
    const agreed = await composeVariant({ ...source, countedLinks: ids }, links);
    const mail = await PostalMime.parse(agreed.messageFor(reader));
    const html = mail.html ?? '';
    const tokens = [...html.matchAll(/digest\.example\.org\/c\/([\w-]*)/g)].map(([, token = '']) => token);
    expect(tokens.map((token) => readClick(links.key, token))).toEqual(
      urls.map((url) => ({ linkId: ids.get(url), subscriptionId: '99' })),
    );
    expect(html).not.toContain('news.example.org/');
    expect(html).toMatch(/digest\.example\.org\/unsubscribe\/[\w-]{28}/);
    // Without the agreement, and with it in a newsletter that counts nothing.
    const plain = (await composeVariant(source, links)).messageFor(reader);
    expect((await composeVariant({ ...source, countedLinks: new Map() }, links)).messageFor(reader)).toEqual(
      plain,
    );
    const before = await PostalMime.parse(plain);
    expect(before.html).not.toContain('/c/');
    // The text part and all headers are those of every reader.
    expect(mail.text).toBe(before.text);
    expect(mail.headers.filter(({ key }) => key !== 'content-type')).toEqual(
      before.headers.filter(({ key }) => key !== 'content-type'),
    );
  }
});

test('browsers are people, also those of old phones and of Private Relay', () => {
  for (const userAgent of [
    browser,
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36 Edg/124.0',
    'Mozilla/5.0 (Linux; Android 14; CUBOT X30) AppleWebKit/537.36 Chrome/124.0.0.0 Mobile Safari/537.36',
    'Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0',
  ])
    for (const ip of ['203.0.113.7', '::ffff:203.0.113.7', '2a04:4e41::1', undefined])
      expect([userAgent, ruleOfRequest({ method: 'GET', userAgent, ip })]).toEqual([userAgent, null]);
});

test.each([
  ['scanner', 'Mozilla/5.0 (compatible; BarracudaCentral)'],
  ['scanner', 'Mozilla/5.0 Proofpoint URL Defense'],
  ['scanner', 'CiscoSecureEmail/1.0'],
  ['office', 'Mozilla/4.0 (compatible; ms-office; MSOffice 16)'],
  ['bot', 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'],
  ['bot', 'facebookexternalhit/1.1'],
  ['preview', 'WhatsApp/2.23.20.0'],
  ['preview', 'NetworkingExtension/8621.1 Network/5569 iOS/26.0'],
  ['preview', 'Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5'],
  ['program', 'curl/8.5.0'],
  ['program', 'python-requests/2.31'],
  ['program', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/120.0 Safari/537.36'],
  ['apple-proxy', 'Mozilla/5.0'],
  ['old-edge', 'Mozilla/5.0 (Windows NT 10.0) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0'],
  ['no-agent', ' '],
])('%s: %s', (rule, userAgent) => {
  expect(ruleOfRequest({ method: 'GET', userAgent, ip: '203.0.113.7' })).toBe(rule);
});

test('HEAD, prefetching and known networks are machines, whatever they say; each rule has an origin', () => {
  expect(ruleOfRequest({ method: 'HEAD', userAgent: browser, ip: '203.0.113.7' })).toBe('head');
  for (const purpose of ['prefetch', 'prefetch;prerender', 'preview'])
    expect(ruleOfRequest({ method: 'GET', userAgent: browser, purpose, ip: '203.0.113.7' })).toBe('prefetch');
  for (const [ip, rule] of [
    ['17.58.1.2', 'apple-network'],
    ['::ffff:209.222.82.9', 'barracuda-network'],
    ['40.94.29.84', 'microsoft-network'],
    ['40.107.218.12', 'microsoft-network'],
    ['2a01:111:f400::1', 'microsoft-network'],
    ['2a01:111:f402::1', null],
    // People: Windows 365 in Azure, and Proofpoint's browsers.
    ['20.42.1.1', null],
    ['67.231.152.1', null],
    ['18.0.0.1', null],
  ] as const)
    expect([ip, ruleOfRequest({ method: 'GET', userAgent: browser, ip })]).toEqual([ip, rule]);
  for (const { origin } of [...agentRules, ...networkRules]) expect(origin).toMatch(/\w{3}/);
});

test('every link within seconds, or a click before the mail was accepted: a machine', () => {
  const at = new Date('2026-06-01T07:00:00Z');
  const later = new Date(at.getTime() + 1_000);
  const [sooner, justBefore] = [3_000, 1_000].map((ms) => new Date(at.getTime() - ms)) as [Date, Date];
  const person = { at, rule: null, linksAround: 1, links: 9, delivery: 'accepted', deliveredAt: sooner };
  expect(ruleOfClick(person)).toBeNull();
  expect(ruleOfClick({ ...person, rule: 'bot' })).toBe('bot');
  for (const [linksAround, all, rule] of [
    [4, 9, null],
    [5, 9, 'every-link'],
    [3, 3, 'every-link'],
    [2, 2, null],
    [1, 1, null],
  ] as const)
    expect(ruleOfClick({ ...person, linksAround, links: all })).toBe(rule);
  expect(ruleOfClick({ ...person, delivery: 'sending' })).toBe('before-hand-over');
  expect(ruleOfClick({ ...person, deliveredAt: later })).toBe('before-hand-over');
  expect(ruleOfClick({ ...person, deliveredAt: justBefore })).toBe('at-once');
  // Later changes of the row say nothing about the hand-over.
  for (const delivery of ['bounced', 'complained', 'uncertain', null])
    expect(ruleOfClick({ ...person, delivery, deliveredAt: later })).toBeNull();
});
