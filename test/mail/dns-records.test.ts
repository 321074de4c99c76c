// The checks of `doctor` on a sending domain, against a real name server on loopback.
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { checkDns, openDnsLookup } from '../../src/mail/check-dns.js';
import { dkimRecord, readDmarc, withParents } from '../../src/mail/dns-records.js';
import { parseSpf, spfRecords } from '../../src/mail/spf.js';
import { startNameServer } from '../support/name-server.js';
import { inEnglish } from '../../src/languages/translate.js';
import type { DnsCheck } from '../../src/mail/check-dns.js';

const said = (check: DnsCheck | undefined): string => inEnglish(check?.detail ?? '');

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed25519 = generateKeyPairSync('ed25519');
const dkim = [
  {
    domain: 'example.org',
    selector: 'digest',
    privateKey: rsa.privateKey,
    ed25519PrivateKey: ed25519.privateKey,
  },
];

const results = (checks: Awaited<ReturnType<typeof checkDns>>) =>
  checks.map(({ record, result }) => `${record} ${result}`);

test('a domain that says everything', async () => {
  const names = await startNameServer({
    'news.example.org TXT': ['some-verification=1', 'v=spf1 mx ~all'],
    'digest._domainkey.example.org TXT': [dkimRecord('digest', 'example.org', rsa.privateKey).value],
    'digest-ed25519._domainkey.example.org TXT': [dkimRecord('x', 'y', ed25519.privateKey).value],
    '_dmarc.example.org TXT': ['v=DMARC1; p=quarantine; rua=mailto:d@example.org'],
    'news.example.org MX': ['mx.example.org'],
    'mx.example.org A': ['192.0.2.1'],
  });
  const checks = await checkDns(openDnsLookup([names.server]), 'news.example.org', dkim);
  expect(results(checks)).toEqual(['SPF found', 'DKIM found', 'DKIM found', 'DMARC found', 'MX found']);
  expect(said(checks[3])).toBe('_dmarc.example.org, p=quarantine');
  names.close();
});

test('a domain without records gets the records to publish, and another key is not ours', async () => {
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const names = await startNameServer({
    'digest._domainkey.example.org TXT': [dkimRecord('digest', 'example.org', other.privateKey).value],
    'example.org TXT': ['v=spf1 -all', 'v=spf1 mx -all'],
  });
  const checks = await checkDns(openDnsLookup([names.server]), 'example.org', dkim);
  expect(results(checks)).toEqual(['SPF wrong', 'DKIM wrong', 'DKIM missing', 'DMARC missing', 'MX missing']);
  expect(said(checks[0])).toContain('2 SPF records');
  expect(said(checks[1])).toMatch(
    /holds another key; publish digest\._domainkey\.example\.org TXT "v=DKIM1; k=rsa; p=MII/,
  );
  // The printed key is the key that signs.
  const printed = /p=([^"]+)/.exec(said(checks[1]).replaceAll('" "', ''))?.[1] ?? '';
  expect(
    createPublicKey({ key: Buffer.from(printed, 'base64'), format: 'der', type: 'spki' }).equals(
      rsa.publicKey,
    ),
  ).toBe(true);
  expect(said(checks[3])).toBe(
    'publish _dmarc.example.org TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.org"',
  );
  names.close();
});

test('a name server that does not answer is no missing record', async () => {
  const names = await startNameServer({});
  names.close();
  const checks = await checkDns(openDnsLookup([names.server]), 'example.org', []);
  expect(results(checks)).toEqual(['SPF unknown', 'DMARC unknown', 'MX unknown']);
});

test('the Ed25519 key is 32 octets, as RFC 8463 section 4 wants it', () => {
  const { value } = dkimRecord('digest', 'example.org', ed25519.privateKey);
  expect(Buffer.from(value.replace('v=DKIM1; k=ed25519; p=', ''), 'base64')).toHaveLength(32);
});

test.each([
  [['v=DMARC1; p=reject'], ['reject'], 0],
  [['v=DMARC1;p = NONE ; sp=reject'], ['none'], 0],
  [['v=DMARC1; sp=reject'], [], 1],
  [['v=DMARC; p=none', 'V=dmarc1; p=none', 'v=DMARC1 p=none'], [], 3],
  [['v=DMARC1; p=none', 'v=DMARC1; p=reject'], ['none', 'reject'], 0],
  [['hello'], [], 0],
])('of %j, the DMARC policies are %j', (found, policies, misspelt) => {
  const read = readDmarc(found);
  expect(read.valid.map(({ policy }) => policy)).toEqual(policies);
  expect(read.misspelt).toHaveLength(misspelt);
});

test.each([
  'v=spf1',
  'v=spf1 a mx a:a.example.org/24//64 mx/24 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all',
  'v=spf1 include:_spf.example.com exists:%{i}._spf.%{d2} ptr ~ALL',
  'v=spf1 redirect=_spf.example.com exp=why.%{d} x-unknown=anything',
  'V=SPF1  +a   ?mx -all',
])('“%s” is a valid SPF record', (record) => {
  expect(parseSpf(record)).toHaveProperty('terms');
});

test.each([
  ['v=spf1 ipv4:192.0.2.1 -all', 'ipv4:192.0.2.1'],
  ['v=spf1 ip4:192.0.2 -all', 'ip4:192.0.2'],
  ['v=spf1 ip4:192.0.2.1/33 -all', 'ip4:192.0.2.1/33'],
  ['v=spf1 ip6:192.0.2.1 -all', 'ip6:192.0.2.1'],
  ['v=spf1 include -all', 'include'],
  ['v=spf1 include:localhost -all', 'include:localhost'],
  ['v=spf1 include: example.org -all', 'include:'],
  ['v=spf1 a, mx -all', 'a,'],
  ['v=spf1 mx -all:x', '-all:x'],
  ['v=spf1 redirect= ', 'redirect='],
])('“%s” is not: the term %j is wrong', (record, wrongTerm) => {
  expect(parseSpf(record)).toEqual({ wrongTerm });
});

test('names', () => {
  expect(spfRecords(['v=spf10', 'V=SPF1', 'v=spf1 -all'])).toEqual(['V=SPF1', 'v=spf1 -all']);
  expect(withParents('a.b.example.org')).toEqual(['a.b.example.org', 'b.example.org', 'example.org']);
  expect(withParents('localhost')).toEqual(['localhost']);
});
