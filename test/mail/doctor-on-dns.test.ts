// What doctor says of records that look right but do not work, against a real name server on loopback.
import { generateKeyPairSync } from 'node:crypto';
import { dnsRows } from '../../src/cli/doctor-mail.js';
import { checkDns, openDnsLookup, type DnsCheck } from '../../src/mail/check-dns.js';
import { dkimRecord } from '../../src/mail/dns-records.js';
import { startNameServer } from '../support/name-server.js';
import { inEnglish } from '../../src/languages/translate.js';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const keys = [{ domain: 'example.org', selector: 'digest', privateKey }];
const key = dkimRecord('digest', 'example.org', privateKey).value;
const public64 = /p=(.*)$/.exec(key)?.[1] ?? '';

/** Everything as it should be. */
const good: Record<string, string[]> = {
  'example.org TXT': ['v=spf1 include:_spf.relay.example ~all'],
  '_spf.relay.example TXT': ['v=spf1 ip4:192.0.2.0/24 -all'],
  'digest._domainkey.example.org TXT': [key],
  '_dmarc.example.org TXT': ['v=DMARC1; p=none; rua=mailto:dmarc@example.org'],
  'example.org MX': ['mx.example.org'],
  'mx.example.org AAAA': ['2001:db8::1'],
};

async function ask(changes: Record<string, string[]> = {}): Promise<DnsCheck[]> {
  const names = await startNameServer({ ...good, ...changes });
  const checks = await checkDns(openDnsLookup([names.server]), 'example.org', keys);
  names.close();
  return checks;
}

const rowOf = async (record: DnsCheck['record'], changes: Record<string, string[]>) => {
  const row = (await ask(changes)).find((check) => check.record === record);
  return `${row?.result}: ${inEnglish(row?.detail ?? '')}`;
};

test('what is missing comes with the record to copy', async () => {
  const missing = await ask({
    'example.org TXT': [],
    'digest._domainkey.example.org TXT': [],
    '_dmarc.example.org TXT': [],
  });
  expect(missing.flatMap(({ publish }) => publish ?? [])).toEqual([
    { name: 'example.org', type: 'TXT', value: 'v=spf1 include:<your relay> ~all' },
    { name: 'digest._domainkey.example.org', type: 'TXT', value: key },
    { name: '_dmarc.example.org', type: 'TXT', value: 'v=DMARC1; p=none; rua=mailto:dmarc@example.org' },
  ]);
});

test('a domain with everything in place has no remark', async () => {
  expect((await ask()).map(({ record, result }) => `${record} ${result}`)).toEqual([
    'SPF found',
    'DKIM found',
    'DMARC found',
    'MX found',
  ]);
});

const spf = (record: string, more: Record<string, string[]> = {}) => ({
  'example.org TXT': [record],
  ...more,
});
const manyIncludes = Object.fromEntries(
  Array.from({ length: 11 }, (_, index) => [`i${index}.example TXT`, ['v=spf1 ip4:192.0.2.1 -all']]),
);

test.each([
  ['+all', spf('v=spf1 include:_spf.relay.example +all'), /^wrong: .*allows every sender/],
  ['all without a sign', spf('v=spf1 mx all'), /^wrong: .*allows every sender/],
  ['every address', spf('v=spf1 ip4:0.0.0.0/0 -all'), /^wrong: .*allows every sender/],
  [
    'the two halves of all',
    spf('v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all'),
    /^wrong: .*allows every sender/,
  ],
  ['every address of IPv6', spf('v=spf1 a//0 ip6:2000::/3 -all'), /^wrong: .*allows every sender/],
  [
    'an include that allows all',
    spf('v=spf1 include:open.example -all', { 'open.example TXT': ['v=spf1 +all'] }),
    /^wrong: .*“v=spf1 \+all” allows every sender/,
  ],
  [
    'a redirect to such a record',
    spf('v=spf1 redirect=open.example', { 'open.example TXT': ['v=spf1 ip4:0.0.0.0/0'] }),
    /^wrong: .*allows every sender/,
  ],
  [
    'an include of it that allows nobody',
    spf('v=spf1 -include:open.example mx -all', { 'open.example TXT': ['v=spf1 all'] }),
    /^found: /,
  ],
  [
    'two redirects',
    spf('v=spf1 redirect=_spf.relay.example redirect=_spf.relay.example'),
    /^wrong: .*is not valid/,
  ],
  ['a bare -all', spf('v=spf1 -all'), /^wrong: .*allows no sender/],
  ['nothing but denials', spf('v=spf1 -ip4:192.0.2.1 ~all'), /^wrong: .*allows no sender/],
  ['a syntax error', spf('v=spf1 ipv4:192.0.2.1 -all'), /^wrong: .*“ipv4:192\.0\.2\.1” is not valid/],
  [
    'an include that does not exist',
    spf('v=spf1 include:nowhere.example -all'),
    /^wrong: .*nowhere\.example has no SPF record/,
  ],
  [
    'an include with two records',
    spf('v=spf1 include:two.example -all', { 'two.example TXT': ['v=spf1 a', 'v=spf1 mx'] }),
    /^wrong: .*two\.example has 2 SPF records/,
  ],
  [
    'an include with a syntax error',
    spf('v=spf1 include:bad.example -all', { 'bad.example TXT': ['v=spf1 ip4:nonsense -all'] }),
    /^wrong: .*“ip4:nonsense” in the record of bad\.example/,
  ],
  [
    'an include of itself',
    spf('v=spf1 include:loop.example -all', { 'loop.example TXT': ['v=spf1 include:example.org -all'] }),
    /^wrong: .*circle/,
  ],
  [
    'more than ten look-ups',
    spf(
      `v=spf1 ${Object.keys(manyIncludes)
        .map((name) => `include:${name.split(' ')[0]}`)
        .join(' ')} -all`,
      manyIncludes,
    ),
    /^wrong: .*needs 11 look-ups/,
  ],
  [
    'more than ten look-ups, most of them in an include',
    spf('v=spf1 include:deep.example a mx -all', {
      'deep.example TXT': [
        `v=spf1 ${Array.from({ length: 9 }, (_, index) => `exists:%{i}.e${index}.example`).join(' ')}`,
      ],
      'example.org A': ['192.0.2.1'],
    }),
    /^wrong: .*needs 12 look-ups/,
  ],
  [
    'three names that do not exist',
    spf('v=spf1 a:x.example a:y.example mx:z.example -all'),
    /^wrong: .*3 of its names/,
  ],
  ['no end', spf('v=spf1 include:_spf.relay.example'), /^weak: .*leaves other senders open/],
  ['?all', spf('v=spf1 include:_spf.relay.example ?all'), /^weak: .*leaves other senders open/],
  ['a redirect', spf('v=spf1 redirect=_spf.relay.example'), /^found: /],
  ['terms behind all', spf('v=spf1 include:_spf.relay.example -all include:nowhere.example'), /^found: /],
])('SPF with %s', async (_name, changes, sentence) => {
  expect(await rowOf('SPF', changes)).toMatch(sentence);
});

const dkim = (...records: string[]) => ({ 'digest._domainkey.example.org TXT': records });
test.each([
  ['h=sha1', dkim(`v=DKIM1; h=sha1; p=${public64}`), /^wrong: .*h=sha1.*sha256/],
  ['h=sha1:sha256', dkim(`v=DKIM1; h=sha1:sha256; p=${public64}`), /^found: /],
  ['s=tlsrpt', dkim(`v=DKIM1; s=tlsrpt; p=${public64}`), /^wrong: .*s=tlsrpt.*not for email/],
  ['s=email and s=*', dkim(`v=DKIM1; s=tlsrpt:email; p=${public64}`), /^found: /],
  ['t=y', dkim(`v=DKIM1; t=y:s; p=${public64}`), /^wrong: .*t=y, a test/],
  ['another key type', dkim(`v=DKIM1; k=ed25519; p=${public64}`), /^wrong: .*k=ed25519, but the key is rsa/],
  ['another version', dkim(`v=DKIM2; p=${public64}`), /^wrong: .*must be v=DKIM1/],
  ['two keys', dkim(key, dkimRecord('x', 'y', other).value), /^wrong: .*has 2 records/],
  ['a revoked key', dkim('v=DKIM1; p='), /^wrong: .*revoked/],
  ['another key', dkim(dkimRecord('x', 'y', other).value), /^wrong: .*another key/],
  ['white space in the key', dkim(`p = ${public64.slice(0, 50)} ${public64.slice(50)}`), /^found: /],
  ['no record', dkim(), /^missing: publish digest\._domainkey\.example\.org TXT "/],
])('DKIM with %s', async (_name, changes, sentence) => {
  expect(await rowOf('DKIM', changes)).toMatch(sentence);
});

test('a DKIM record to publish is printed in strings of at most 255 octets', async () => {
  const row = await rowOf('DKIM', dkim());
  const strings = [...row.matchAll(/"([^"]*)"/g)].map(([, text]) => text ?? '');
  expect(strings.length).toBeGreaterThan(1);
  expect(Math.max(...strings.map((text) => text.length))).toBeLessThanOrEqual(255);
  expect(strings.join('')).toBe(key);
});

const dmarc = (...records: string[]) => ({ '_dmarc.example.org TXT': records });
test.each([
  ['two records', dmarc('v=DMARC1; p=none', 'v=DMARC1; p=reject'), /^wrong: .*2 DMARC records.*keep one/],
  [
    'a misspelt version',
    dmarc('v=DMARC; p=none'),
    /^wrong: .*“v=DMARC; p=none”.*replace it by "v=DMARC1; p=none; rua=/,
  ],
  ['a misspelt policy', dmarc('v=DMARC1; p=rejct'), /^wrong: .*“v=DMARC1; p=rejct”.*replace it/],
  ['a forgotten semicolon', dmarc('v=DMARC1 p=none'), /^wrong: .*replace it/],
  ['p=none without rua', dmarc('v=DMARC1; p=none'), /^weak: .*no reports are sent/],
  ['p=reject without rua', dmarc('v=DMARC1; p=reject'), /^found: .*p=reject/],
  ['no record', dmarc(), /^missing: .*"v=DMARC1; p=none; rua=mailto:dmarc@example\.org"/],
])('DMARC with %s', async (_name, changes, sentence) => {
  expect(await rowOf('DMARC', changes)).toMatch(sentence);
});

test('DMARC of a parent: sp= is the policy, and adkim=s wants a key of the domain itself', async () => {
  const names = await startNameServer({
    ...good,
    '_dmarc.example.org TXT': ['v=DMARC1; p=reject; sp=quarantine; adkim=r'],
    '_dmarc.strict.example.org TXT': ['v=DMARC1; p=reject; adkim=s'],
  });
  const dns = openDnsLookup([names.server]);
  const of = async (domain: string) =>
    (await checkDns(dns, domain, keys)).find(({ record }) => record === 'DMARC');
  expect(await of('news.example.org')).toMatchObject({
    result: 'found',
    detail: '_dmarc.example.org, p=quarantine',
  });
  expect(await of('strict.example.org')).toMatchObject({
    result: 'wrong',
    detail: { key: 'doctor.dmarcStrict' },
  });
  names.close();
});

test.each([
  [
    'an address in place of a host',
    { 'example.org MX': ['192.0.2.7'] },
    /^wrong: .*is the address 192\.0\.2\.7/,
  ],
  [
    'a host without an address',
    { 'example.org MX': ['gone.example.org'] },
    /^wrong: .*gone\.example\.org, which has no address/,
  ],
  ['a null MX (RFC 7505)', { 'example.org MX': ['.'] }, /^wrong: .*takes no mail/],
  [
    'no MX but an address',
    { 'example.org MX': [], 'example.org A': ['192.0.2.1'] },
    /^found: .*no MX but an address/,
  ],
  ['neither', { 'example.org MX': [] }, /^missing: .*has no MX/],
])('MX: %s', async (_name, changes, sentence) => {
  expect(await rowOf('MX', changes)).toMatch(sentence);
});

test('a domain with nothing in place fails the report, and one record that works is a warning', async () => {
  const nothing = {
    'example.org TXT': ['v=spf1 +all'],
    'digest._domainkey.example.org TXT': [],
    '_dmarc.example.org TXT': ['v=DMARC; p=none'],
  };
  const failures = async (changes: Record<string, string[]>) =>
    dnsRows('example.org', await ask(changes)).filter(({ result }) => result === 'fail');
  expect(await failures(nothing)).toEqual([
    expect.objectContaining({
      check: 'mail of example.org',
      detail: expect.stringContaining('SPF, DKIM and DMARC') as string,
    }),
  ]);
  expect(await failures({ ...nothing, 'digest._domainkey.example.org TXT': [key] })).toEqual([]);
});
