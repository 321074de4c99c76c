// The checks of `doctor` on a sending domain, against a real name server on loopback.
import dgram from 'node:dgram';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { checkDns, openDnsLookup } from '../../src/mail/check-dns.js';
import { dkimRecord, dmarcPolicy, spfRecords, withParents } from '../../src/mail/dns-records.js';

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

/** Answers TXT and MX queries from `records` (RFC 1035 section 4), and NXDOMAIN for other names. */
async function startNameServer(records: Record<string, string[]>) {
  const socket = dgram.createSocket('udp4');
  socket.on('message', (question, from) => {
    let at = 12;
    const labels: string[] = [];
    while (question[at] !== 0) {
      const length = question[at] ?? 0;
      labels.push(question.toString('latin1', at + 1, at + 1 + length));
      at += length + 1;
    }
    const type = question.readUInt16BE(at + 1);
    const found = records[`${labels.join('.').toLowerCase()} ${type === 16 ? 'TXT' : 'MX'}`] ?? [];
    const answers = found.map((text) => {
      const data =
        type === 16
          ? Buffer.concat(
              (text.match(/[^]{1,255}/g) ?? ['']).map((piece) =>
                Buffer.from([piece.length, ...Buffer.from(piece)]),
              ),
            )
          : Buffer.concat([
              Buffer.from([0, 10]),
              ...text.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
              Buffer.from([0]),
            ]);
      const head = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, 0]);
      head.writeUInt16BE(data.length, 10);
      return Buffer.concat([head, data]);
    });
    const header = Buffer.from(question.subarray(0, 12));
    header.writeUInt16BE(found.length > 0 ? 0x8180 : 0x8183, 2);
    header.writeUInt16BE(found.length, 6);
    header.fill(0, 8, 12);
    socket.send(Buffer.concat([header, question.subarray(12, at + 5), ...answers]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { server: `127.0.0.1:${socket.address().port}`, close: () => socket.close() };
}

const results = (checks: Awaited<ReturnType<typeof checkDns>>) =>
  checks.map(({ record, result }) => `${record} ${result}`);

test('a domain that says everything', async () => {
  const names = await startNameServer({
    'news.example.org TXT': ['some-verification=1', 'v=spf1 mx ~all'],
    'digest._domainkey.example.org TXT': [dkimRecord('digest', 'example.org', rsa.privateKey).value],
    'digest-ed25519._domainkey.example.org TXT': [dkimRecord('x', 'y', ed25519.privateKey).value],
    '_dmarc.example.org TXT': ['v=DMARC1; p=quarantine; rua=mailto:d@example.org'],
    'news.example.org MX': ['mx.example.org'],
  });
  const checks = await checkDns(openDnsLookup([names.server]), 'news.example.org', dkim);
  expect(results(checks)).toEqual(['SPF found', 'DKIM found', 'DKIM found', 'DMARC found', 'MX found']);
  expect(checks[3]?.detail).toBe('_dmarc.example.org, p=quarantine');
  names.close();
});

test('a domain that says nothing is told what to publish, and another key is not ours', async () => {
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const names = await startNameServer({
    'digest._domainkey.example.org TXT': [dkimRecord('digest', 'example.org', other.privateKey).value],
    'example.org TXT': ['v=spf1 -all', 'v=spf1 mx -all'],
  });
  const checks = await checkDns(openDnsLookup([names.server]), 'example.org', dkim);
  expect(results(checks)).toEqual([
    'SPF missing',
    'DKIM missing',
    'DKIM missing',
    'DMARC missing',
    'MX missing',
  ]);
  expect(checks[0]?.detail).toContain('2 SPF records');
  expect(checks[1]?.detail).toMatch(
    /holds another key; publish digest\._domainkey\.example\.org TXT "v=DKIM1; k=rsa; p=MII/,
  );
  // The printed key is the key that signs.
  const printed = /p=([^"]+)/.exec(checks[1]?.detail ?? '')?.[1] ?? '';
  expect(
    createPublicKey({ key: Buffer.from(printed, 'base64'), format: 'der', type: 'spki' }).equals(
      rsa.publicKey,
    ),
  ).toBe(true);
  expect(checks[3]?.detail).toBe('publish _dmarc.example.org TXT "v=DMARC1; p=none"');
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
  [['v=DMARC1; p=reject'], 'reject'],
  [['v=DMARC1;p = NONE ; sp=reject'], 'none'],
  [['v=DMARC1; sp=reject'], undefined],
  [['hello', 'v=spf1 -all'], undefined],
])('the policy of %j is %s', (found, policy) => {
  expect(dmarcPolicy(found)).toBe(policy);
});

test('names', () => {
  expect(spfRecords(['v=spf10', 'V=SPF1', 'v=spf1 -all'])).toEqual(['V=SPF1', 'v=spf1 -all']);
  expect(withParents('a.b.example.org')).toEqual(['a.b.example.org', 'b.example.org', 'example.org']);
  expect(withParents('localhost')).toEqual(['localhost']);
});
