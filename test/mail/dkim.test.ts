// DKIM signatures, checked with an independent verifier (RFC 6376, RFC 8463).
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { composeVariant, nobodysLinks } from '../../src/delivery/message.js';
import { readConfig } from '../../src/config/environment.js';
import { ConfigError } from '../../src/config/values.js';
import { join } from '../../src/mail/compose.js';
import { canonicalBody, openDkim } from '../../src/mail/dkim.js';
import { openRelay } from '../../src/mail/relay.js';
import { createMailer } from '../../src/mail/send.js';
import { links, testRelays } from '../support/newsroom.js';
import { startSink } from '../support/smtp-sink.js';
import { cpuTime } from '../support/cpu-time.js';

const now = () => new Date('2026-06-01T07:00:00Z');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ed25519 = generateKeyPairSync('ed25519').privateKey;

const warnings: unknown[] = [];
const log = { warn: (...told: unknown[]) => void warnings.push(told) };
const keys = { domain: 'example.org', selector: 'digest', privateKey: rsa };
const rsaOnly = openDkim([keys], { now, log });
const both = openDkim([{ ...keys, ed25519PrivateKey: ed25519 }], { now, log });

/** The public keys in DNS, as a publisher enters them. */
const spki = (key: KeyObject) => createPublicKey(key).export({ type: 'spki', format: 'der' });
const dns: Record<string, string> = {
  'digest._domainkey.example.org': `v=DKIM1; k=rsa; p=${spki(rsa).toString('base64')}`,
  // RFC 8463 section 4.2: the record holds the bare 32 octets of the key.
  'digest-ed25519._domainkey.example.org': `v=DKIM1; k=ed25519; p=${spki(ed25519).subarray(-32).toString('base64')}`,
};
const resolver = (name: string) => Promise.resolve([[dns[name] ?? '']]);

/** The result of each signature of the message: 'pass' or the reason why not. */
async function verify(message: Buffer | string): Promise<string[]> {
  const input = typeof message === 'string' ? Buffer.from(message, 'latin1') : message;
  const { results } = await dkimVerify(input, { resolver, minBitLength: 2048, curTime: now() });
  return results.map(({ status }) => (status.result === 'pass' && status.aligned ? 'pass' : status.result));
}

/** Returns the same numbers in each run (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// Input that breaks canonicalization: runs of white space, line ends, dots, and text that looks like syntax.
const scraps =
  'a|news|  |\t| \t |\n|\r\n|\n\n\n|  \n|.|\n.|\n..\n|\n.\n|ü|Grüße|日本語|🙂|=|=\n|--|\nFrom |:|;|<b>|&amp;|\u00a0|\u2028|x'.split(
    '|',
  );

function textFrom(random: () => number, scrapsWanted: number): string {
  return Array.from({ length: scrapsWanted }, () => scraps[Math.floor(random() * scraps.length)]).join('');
}

function sourceFrom(random: () => number) {
  const { unsubscribeUrl: url, preferencesUrl, sentTo } = nobodysLinks(links);
  const size = () => Math.floor(random() ** 3 * 400);
  const line = () => textFrom(random, size()).replaceAll(/[\r\n\t\u2028]/g, '');
  const around = (link: string) => `${textFrom(random, size())}${link}${textFrom(random, size())}`;
  return {
    issueId: String(Math.floor(random() * 1e9)),
    newsletterId: '3',
    slug: 'daily',
    from: {
      name: line().slice(0, 64),
      address: random() < 0.5 ? 'digest@example.org' : 'digest@news.EXAMPLE.org',
    },
    replyTo: random() < 0.5 ? null : 'editor@elsewhere.example.com',
    subject: `${line()} ${line()}`,
    html: around(`<a href="${url}">${url}</a>${textFrom(random, 9)}${preferencesUrl}<p>${sentTo.html}</p>`),
    text: around(`${preferencesUrl}${'y'.repeat(random() * 80)}${url} Sent to ${sentTo.text}\n`),
    date: now(),
  };
}

const reader = (random: () => number) => ({
  subscriberId: String(Math.floor(random() * 1e12)),
  subscriptionId: String(Math.floor(random() * 1e12)),
  address: `${random() < 0.1 ? 'josé' : 'ana'}${".o'neil&".repeat(random() * 9)}+${Math.floor(random() * 1e6)}@example.com`,
});

test('2,000 generated messages verify, with one key and with two (RFC 6376, RFC 8463)', async () => {
  const random = randomFrom(20260601);
  for (let made = 0; made < 500; made += 1) {
    const signer = made % 5 === 0 ? both : rsaOnly;
    const variant = await composeVariant(sourceFrom(random), links, signer);
    for (let readers = 0; readers < 4; readers += 1) {
      const message = variant.messageFor(reader(random));
      expect(await verify(message)).toEqual(signer === both ? ['pass', 'pass'] : ['pass']);
    }
  }
}, 240_000);

test('the transmitted data is the signed message with dots stuffed', async () => {
  const random = randomFrom(7);
  for (let made = 0; made < 100; made += 1) {
    const variant = await composeVariant(sourceFrom(random), links, both);
    const ana = reader(random);
    const data = join(variant.dataFor(ana, true)).toString('latin1');
    expect(data.endsWith('\r\n.\r\n')).toBe(true);
    const received = data.slice(0, -3).replaceAll(/^\./gm, '');
    expect(received).toBe(variant.messageFor(ana).toString('latin1'));
    expect(await verify(received)).toEqual(['pass', 'pass']);
    expect(join(variant.dataFor(ana, false)).toString('latin1')).toBe(
      data.slice(data.indexOf('\r\nTo: ') + 2),
    );
  }
});

describe('a message', () => {
  const ana = { subscriberId: '77', subscriptionId: '99', address: 'ana@example.com' };
  const signedFields = [
    'From',
    'Reply-To',
    'To',
    'Subject',
    'Date',
    'Message-ID',
    'MIME-Version',
    'Content-Type',
    'List-Id',
    'List-Unsubscribe',
    'List-Unsubscribe-Post',
    'Feedback-ID',
    'Precedence',
    'Auto-Submitted',
    'X-Auto-Response-Suppress',
  ];
  let message: string;
  let withoutReplyTo: string;
  beforeAll(async () => {
    const source = { ...sourceFrom(randomFrom(1)), subject: 'Today', replyTo: 'editor@example.org' };
    message = (await composeVariant(source, links, both)).messageFor(ana).toString('latin1');
    const replyToNobody = await composeVariant({ ...source, replyTo: null }, links, both);
    withoutReplyTo = replyToNobody.messageFor(ana).toString('latin1');
  });

  test('verifies unchanged', async () => {
    expect(await verify(message)).toEqual(['pass', 'pass']);
    expect(await verify(withoutReplyTo)).toEqual(['pass', 'pass']);
  });

  test.each(signedFields)('does not verify with another %s, or without it', async (name) => {
    const field = new RegExp(`^${name}: (.*(?:\r\n[ \t].*)*)\r\n`, 'mi');
    expect(message).toMatch(field);
    expect(
      await verify(message.replace(field, (line) => line.replace(/(.)\r\n$/, (_, last) => `${last}x\r\n`))),
    ).not.toContain('pass');
    expect(await verify(message.replace(field, ''))).not.toContain('pass');
  });

  test.each([...signedFields, 'Cc', 'Content-Transfer-Encoding'])(
    'does not verify with one more %s, above or below (RFC 6376 section 8.15)',
    async (name) => {
      const added = `${name}: someone <else@example.org>\r\n`;
      expect(await verify(added + message)).not.toContain('pass');
      expect(await verify(message.replace('\r\n\r\n', `\r\n${added}\r\n`))).not.toContain('pass');
      expect(await verify(added + withoutReplyTo)).not.toContain('pass');
    },
  );

  test('does not verify with another body, nor with more of it', async () => {
    const start = message.indexOf('\r\n\r\n') + 4;
    for (let at = start; at < message.length; at += 97) {
      const octet = message[at] ?? '';
      if (/\s/.test(octet)) continue;
      const changed = message.slice(0, at) + (octet === 'q' ? 'p' : 'q') + message.slice(at + 1);
      expect(await verify(changed)).not.toContain('pass');
    }
    expect(await verify(`${message}more\r\n`)).not.toContain('pass');
    expect(await verify(message.slice(0, start))).not.toContain('pass');
  });

  test('verifies after the changes that relays make: folding, white space, added fields', async () => {
    const refolded = message
      .replace(/^Subject: /m, 'SUBJECT:   ')
      .replace(/^(List-Unsubscribe: \S+) /m, '$1\r\n\t')
      .replace(/(\r\n)*$/, '  \r\n\r\n\r\n');
    expect(await verify(`Received: from here\r\n\tby there\r\n${refolded}`)).toEqual(['pass', 'pass']);
  });

  test('has signatures of lines within 78 columns, without l=', () => {
    const signatures = message.slice(0, message.indexOf('\r\nTo: '));
    expect(Math.max(...signatures.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(78);
    const [first = '', second = ''] = signatures
      .split(/\r\n(?![ \t])/)
      .map((field) => field.replaceAll('\r\n', ''));
    expect(first).toMatch(
      /^DKIM-Signature: v=1; a=rsa-sha256; c=relaxed\/relaxed; d=example\.org; s=digest; t=1780297200;/,
    );
    expect(second).toMatch(/a=ed25519-sha256;.* s=digest-ed25519;/);
    expect(signatures).not.toMatch(/[; ]l=/);
  });

  test('names each field once more than it has it', () => {
    const names = (text: string) =>
      / h=([^;]+);/.exec(text)?.[1]?.replaceAll(/\s/g, '').split(':').toSorted(inOrder);
    const inOrder = (a: string, b: string) => (a < b ? -1 : 1);
    const absent = ['Cc', 'Content-Transfer-Encoding'];
    expect(names(message)).toEqual([...signedFields, ...signedFields, ...absent].toSorted(inOrder));
    const present = signedFields.filter((name) => name !== 'Reply-To');
    expect(names(withoutReplyTo)).toEqual([...present, ...present, 'Reply-To', ...absent].toSorted(inOrder));
  });
});

test('a long signing domain and selector stay whole', async () => {
  const domain = `${'long-label.'.repeat(20)}example.org`;
  const signer = openDkim([{ ...keys, domain, selector: 'a'.repeat(60) }], { now, log });
  dns[`${'a'.repeat(60)}._domainkey.${domain}`] = dns['digest._domainkey.example.org'] ?? '';
  const source = { ...sourceFrom(randomFrom(3)), from: { name: 'News', address: `digest@${domain}` } };
  const variant = await composeVariant(source, links, signer);
  const message = variant.messageFor({ subscriberId: '1', subscriptionId: '1', address: 'ana@example.com' });
  expect(await verify(message)).toEqual(['pass']);
});

test('the octets that a relay receives verify, a confirmation as well as a digest', async () => {
  const sink = await startSink();
  const [config] = readConfig({ SMTP_URL: sink.url }).relays ?? [];
  if (!config) throw new Error('no relay');
  const relay = openRelay(config, 1);
  const relays = testRelays(sink.url);
  const mailer = createMailer({ relays, now, signer: both });
  const content = { html: '<p>.</p>\n.\n  \n..', text: '.one\n.\n..two  \n\n\n' };
  await mailer.send({
    ...content,
    from: { name: 'Grüße', address: 'digest@example.org' },
    to: 'ana@example.com',
    subject: 'Grüße '.repeat(40),
  });
  const variant = await composeVariant(sourceFrom(randomFrom(11)), links, both);
  const ana = { subscriberId: '1', subscriptionId: '2', address: 'ana@example.com' };
  await relay.handOver(
    { from: variant.senderFor(ana), to: ana.address },
    variant.dataFor(ana, relay.wantsDkim),
  );
  const [confirmation, digest] = await sink.waitFor(2);
  expect(await verify(confirmation?.raw ?? '')).toEqual(['pass', 'pass']);
  expect(await verify(digest?.raw ?? '')).toEqual(['pass', 'pass']);
  await relay.close();
  await relays.close();

  // A relay with `dkim=off` signs for itself and gets the mail unsigned.
  const signingRelays = testRelays(`${sink.url}?dkim=off`);
  const unsigned = createMailer({ relays: signingRelays, now, signer: both });
  const from = { name: 'News', address: 'digest@example.org' };
  await unsigned.send({ ...content, from, to: 'ana@example.com', subject: 'Hello' });
  expect((await sink.waitFor(3))[2]?.raw.toString()).not.toContain('DKIM-Signature');
  await signingRelays.close();
  await sink.close();
});

test('mail of a domain that is not under DKIM_DOMAIN is unsigned, and the log says so once', async () => {
  warnings.length = 0;
  const ana = { subscriberId: '1', subscriptionId: '2', address: 'ana@example.com' };
  for (const address of ['a@other.example', 'b@other.example', 'c@notexample.org', 'd@example.org.example']) {
    const source = { ...sourceFrom(randomFrom(5)), from: { name: 'News', address } };
    const variant = await composeVariant(source, links, rsaOnly);
    expect(variant.messageFor(ana).toString()).not.toContain('DKIM-Signature');
  }
  expect(warnings).toHaveLength(3);
});

describe('a keyring', () => {
  const ana = { subscriberId: '1', subscriptionId: '2', address: 'ana@example.com' };
  const second = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const signer = openDkim(
    [
      keys,
      { domain: 'example.org', selector: 'next', privateKey: second },
      { domain: 'xn--bcher-kva.example', selector: 'shop', privateKey: second },
      { domain: 'own.example.org', selector: 'own', privateKey: second, ed25519PrivateKey: ed25519 },
    ],
    { now, log },
  );
  const record = `v=DKIM1; k=rsa; p=${spki(second).toString('base64')}`;
  Object.assign(dns, {
    'next._domainkey.example.org': record,
    'shop._domainkey.xn--bcher-kva.example': record,
    'own._domainkey.own.example.org': record,
    'own-ed25519._domainkey.own.example.org': dns['digest-ed25519._domainkey.example.org'],
  });

  test.each([
    ['d@example.org', ['digest', 'next']],
    ['d@news.example.org', ['digest', 'next']],
    ['d@own.example.org', ['own', 'own-ed25519']],
    ['d@deep.own.example.org', ['own', 'own-ed25519']],
    ['d@xn--bcher-kva.example', ['shop']],
  ])(
    'signs mail from %s with each key of its domain, as while one replaces the other',
    async (address, selectors) => {
      const source = { ...sourceFrom(randomFrom(3)), from: { name: 'News', address } };
      const message = (await composeVariant(source, links, signer)).messageFor(ana).toString('latin1');
      expect([...message.matchAll(/ s=([\w-]+);/g)].map(([, selector]) => selector)).toEqual(selectors);
      expect(await verify(message)).toEqual(selectors.map(() => 'pass'));
    },
  );

  test('is read from lists: entries of one position belong together, and one entry serves all', () => {
    const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
    const read = (env: Record<string, string>) =>
      readConfig(env).dkim.map(({ domain, selector, privateKey, ed25519PrivateKey: other }) => [
        `${selector}._domainkey.${domain}`,
        privateKey.equals(rsa) ? 'first' : 'second',
        other !== undefined,
      ]);
    const two = { DKIM_PRIVATE_KEY: `${pem(rsa)},${pem(second)}` };
    expect(read({ ...two, DKIM_DOMAIN: 'example.org', DKIM_SELECTOR: '2026a, 2026b' })).toEqual([
      ['2026a._domainkey.example.org', 'first', false],
      ['2026b._domainkey.example.org', 'second', false],
    ]);
    const domains = { DKIM_DOMAIN: 'example.org,example.net', DKIM_SELECTOR: 'digest' };
    expect(
      read({ ...domains, DKIM_PRIVATE_KEY: pem(rsa), DKIM_ED25519_PRIVATE_KEY: `,${pem(ed25519)}` }),
    ).toEqual([
      ['digest._domainkey.example.org', 'first', false],
      ['digest._domainkey.example.net', 'first', true],
    ]);
    expect(readConfig({}).dkim).toEqual([]);
  });

  test.each([
    [
      { DKIM_DOMAIN: 'a.example,b.example,c.example', DKIM_SELECTOR: 'a,b' },
      /^DKIM_SELECTOR is "a list of 2", .*or 3/,
    ],
    [{ DKIM_DOMAIN: 'a.example,b.example', DKIM_SELECTOR: 'a,b,c' }, /^DKIM_DOMAIN is "a list of 2", .*or 3/],
    [{ DKIM_DOMAIN: 'a.example,a.example', DKIM_SELECTOR: 'a' }, /^DKIM_SELECTOR is "a", .*another name/],
    [{ DKIM_DOMAIN: 'a.example,', DKIM_SELECTOR: 'a' }, /^DKIM_DOMAIN is ""/],
  ])('%j is refused', (env, message) => {
    const key = rsa.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(() => readConfig({ ...env, DKIM_PRIVATE_KEY: key })).toThrow(message);
  });
});

describe('the canonical body (RFC 6376 section 3.4.4)', () => {
  test.each([
    ['', ''],
    ['\r\n\r\n', ''],
    [' \t\r\n ', ''],
    ['a', 'a\r\n'],
    [' C \r\nD \t E\r\n\r\n\r\n', ' C\r\nD E\r\n'],
    ['\r\n\r\na\t', '\r\n\r\na\r\n'],
  ])('of %j is %j', (body, canonical) => {
    expect(canonicalBody(Buffer.from(body)).toString()).toBe(canonical);
  });

  test('is found in linear time', async () => {
    const body = `${'\r\n'.repeat(500_000)}a${' '.repeat(500_000)}b${'\r\n'.repeat(500_000)}`;
    expect(await cpuTime(() => canonicalBody(Buffer.from(body)))).toBeLessThan(2_000);
  });
});

describe('keys', () => {
  const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const env = { DKIM_DOMAIN: 'example.org', DKIM_SELECTOR: 'digest', DKIM_PRIVATE_KEY: pem(rsa) };

  test('are read, also with \\n for line ends', () => {
    const config = readConfig({
      ...env,
      DKIM_PRIVATE_KEY: pem(rsa).replaceAll('\n', '\\n'),
      DKIM_ED25519_PRIVATE_KEY: pem(ed25519),
    });
    expect(config.dkim[0]?.privateKey.equals(rsa)).toBe(true);
    expect(config.dkim[0]?.ed25519PrivateKey?.equals(ed25519)).toBe(true);
  });

  test.each([
    [
      'DKIM_PRIVATE_KEY',
      pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey),
      /RSA key of 1024 bits.*2048 to 4096 bits/,
    ],
    ['DKIM_PRIVATE_KEY', pem(ed25519), /type ed25519.*RSA key/],
    ['DKIM_PRIVATE_KEY', '-----BEGIN PRIVATE KEY-----\nrubbish', /PEM/],
    ['DKIM_PRIVATE_KEY', '/nowhere/key.pem', /PEM/],
    ['DKIM_ED25519_PRIVATE_KEY', pem(rsa), /type rsa.*Ed25519/],
    ['DKIM_DOMAIN', 'exa mple.org', /A-labels/],
    ['DKIM_DOMAIN', 'bücher.example', /A-labels/],
    ['DKIM_SELECTOR', 'a;b', /name of the key in DNS/],
  ])('%s is refused if it does not serve, by name and without the key', (variable, value, message) => {
    const read = () => readConfig({ ...env, [variable]: value });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(message);
    expect(read).toThrow(variable);
    expect(read).not.toThrow('-----BEGIN');
  });
});
