// Reports of receivers about our domains: read whatever their packing, believed only about our domains, counted
// once, and harmless however hostile.
import { deflateRawSync, gzipSync } from 'node:zlib';
import { sendAccountMails } from '../../src/account-mails/send-account-mails.js';
import { accountMailRenderers } from '../../src/account-mail-renderers.js';
import { createAccount } from '../../src/accounts/create-account.js';
import { day, second } from '../../src/durations.js';
import { reportedDomains, reportInWords } from '../../src/domain-reports/list-reports.js';
import { readDmarcReport } from '../../src/domain-reports/read-dmarc.js';
import { takeReports } from '../../src/domain-reports/take-report.js';
import { mostUnpacked, unpackReport } from '../../src/domain-reports/unpack.js';
import { putFeedback } from '../../src/feedback/put.js';
import { takeMails } from '../../src/feedback/take-mails.js';
import { openSecrets } from '../../src/secrets.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { baseUrl, makeNewsletter, quiet, rememberingQueue, secretKey } from '../support/newsroom.js';

const database = useDatabase();
const app = useApp(database);
const secrets = openSecrets(secretKey);
const { enqueue } = rememberingQueue();
let clock = new Date();
const now = () => clock;

interface Row {
  source: string;
  count: number;
  dkim?: string;
  spf?: string;
  reason?: string;
}

const recordOf = ({ source, count, dkim = 'pass', spf = 'pass', reason }: Row) =>
  `<record><row><source_ip>${source}</source_ip><count>${count}</count><policy_evaluated><disposition>none</disposition>
    <dkim>${dkim}</dkim><spf>${spf}</spf>${reason === undefined ? '' : `<reason><type>${reason}</type><comment>x &lt; y</comment></reason>`}
    </policy_evaluated></row><identifiers><header_from>news.example.org</header_from></identifiers>
    <auth_results><spf><domain>other.example</domain><result>pass</result></spf></auth_results></record>`;

function dmarc(
  rows: readonly Row[],
  over: { domain?: string; id?: string; end?: number; start?: string } = {},
) {
  const end = over.end ?? Math.floor(Date.now() / 1000);
  return `${over.start ?? '<?xml version="1.0" encoding="UTF-8" ?>\n<feedback>'}
  <report_metadata><org_name>Receiver &amp; Sons</org_name><email>a@b.example</email>
    <report_id>${over.id ?? `id-${Math.random()}`}</report_id>
    <date_range><begin>${end - 86_400}</begin><end>${end}</end></date_range></report_metadata>
  <policy_published><domain>${over.domain ?? 'news.example.org'}</domain><p>none</p></policy_published>
  ${rows.map(recordOf).join('\n')}
</feedback>`;
}

/** An archive with one file, as zip programs write it. */
function zip(text: string, { declared = Buffer.byteLength(text) } = {}): Buffer {
  const packed = deflateRawSync(text);
  const name = Buffer.from('report.xml');
  const shared = Buffer.alloc(26);
  shared.writeUInt16LE(20, 0);
  shared.writeUInt16LE(8, 4);
  shared.writeUInt32LE(packed.length, 14);
  shared.writeUInt32LE(declared, 18);
  shared.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), shared, name, packed]);
  const entry = Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), shared, Buffer.alloc(14), name]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(entry.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, entry, end]);
}

const mailWith = (type: string, file: Buffer | string) =>
  Buffer.from(`From: noreply@receiver.example
To: dmarc@news.example.org
Subject: Report Domain: news.example.org
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b1"

--b1
Content-Type: text/plain

This is a report.

--b1
Content-Type: ${type}; name="receiver!news.example.org!1!2.xml.gz"
Content-Disposition: attachment
Content-Transfer-Encoding: base64

${Buffer.from(file).toString('base64').replaceAll(/.{76}/g, '$&\n')}
--b1--
`);

async function comesIn(raw: Buffer, recipient?: string) {
  await putFeedback({ db: database.db, enqueue, now }, { raw, source: 'command', recipient });
  await takeMails({ db: database.db, log: quiet, now, secrets, stopping: () => false });
  return database.db.one<{ kind: string; result: string; reason: string | null }>(
    'select kind, result, reason from feedback_inbox order by id desc limit 1',
  );
}

const take = (...files: (Buffer | string)[]) =>
  database.db.transaction((tx) =>
    takeReports(tx, { files: files.map((file) => Buffer.from(file)), receivedAt: clock }),
  );

beforeAll(async () => {
  const { db } = database;
  await makeNewsletter(db);
  await createAccount({ db }, { email: 'me@example.org', password: 'a long enough password', role: 'owner' });
});
beforeEach(async () => {
  clock = new Date();
  await database.db.query('delete from domain_reports');
  await database.db.query('delete from account_mails');
});

const good = { source: '192.0.2.1', count: 95 };
const bad = { source: '203.0.113.7', count: 5, dkim: 'fail', spf: 'fail' };

test.each([
  ['application/gzip', gzipSync(dmarc([good, bad]))],
  ['application/x-zip-compressed', zip(dmarc([good, bad]))],
  ['text/xml', Buffer.from(`\uFEFF${dmarc([good, bad])}`)],
  ['application/octet-stream', gzipSync(gzipSync(dmarc([good, bad])))],
  ['application/xml', Buffer.from(`\uFEFF${dmarc([good, bad])}`, 'utf16le')],
])('a mail with a report as %s is counted, once', async (type, file) => {
  expect(await comesIn(mailWith(type, file))).toEqual({ kind: 'report', result: 'recorded', reason: null });
  expect(await comesIn(mailWith(`${type}; x=1`, file))).toMatchObject({ result: 'repeated' });
  expect(await reportedDomains({ db: database.db, now })).toEqual([
    {
      domain: 'news.example.org',
      kind: 'dmarc',
      reports: 1,
      organizations: ['Receiver & Sons'],
      messages: 100,
      failed: 5,
      excused: 0,
      sources: [{ source: '203.0.113.7', messages: 5, failed: 5 }],
      words: '95 % of 100 messages aligned; 203.0.113.7 sends as you and fails.',
    },
  ]);
});

test('a large report is kept whole, and mail to another address is none', async () => {
  const rows = Array.from({ length: 3_000 }, (_, n) => ({ ...good, source: `2001:db8::${n.toString(16)}` }));
  // Random ids keep the file from being packed well.
  const file = gzipSync(dmarc(rows.map((row) => ({ ...row, reason: `${Math.random()}${Math.random()}` }))));
  const raw = mailWith('application/gzip', file);
  expect(raw.length).toBeGreaterThan(65_536);
  expect(await comesIn(raw, 'dmarc@bounces.example.org')).toMatchObject({ result: 'recorded' });
  expect(await comesIn(raw, 'fbl@bounces.example.org')).toMatchObject({ kind: 'none', result: 'ignored' });
  expect(await reportedDomains({ db: database.db, now })).toMatchObject([{ messages: 285_000, sources: [] }]);
});

test('aligned by DKIM or SPF; forwarders and lists are excused; RFC 9990 has a namespace', async () => {
  const read = readDmarcReport(
    dmarc(
      [
        { ...good, count: 1, dkim: 'fail' },
        { ...good, count: 2, spf: 'fail' },
        { ...bad, count: 4, reason: 'mailing_list' },
        { ...bad, count: 8, reason: 'local_policy' },
        { ...bad, count: 16, source: 'not an address' },
      ],
      { start: '<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0"><version>2.0</version><!-- > -->' },
    ),
  );
  expect(read).toMatchObject({
    messages: 31,
    failed: 24,
    excused: 4,
    sources: [
      { source: 'unknown', failed: 16 },
      { source: '203.0.113.7', messages: 12, failed: 8, excused: 4 },
      { source: '192.0.2.1', messages: 3, failed: 0 },
    ],
  });
  expect(
    readDmarcReport(
      '<d:feedback><d:policy_published><d:domain>A.example.</d:domain></d:policy_published></d:feedback>',
    ),
  ).toMatchObject({ domain: 'a.example', messages: 0 });
});

test('a report about TLS', async () => {
  const tls = JSON.stringify({
    'organization-name': 'Company-X',
    'date-range': {
      'start-datetime': new Date(Date.now() - day).toISOString(),
      'end-datetime': new Date().toISOString(),
    },
    'report-id': '5065427c',
    policies: [
      {
        policy: { 'policy-type': 'sts', 'policy-domain': 'bounces.news.example.org' },
        summary: { 'total-successful-session-count': 5_326, 'total-failure-session-count': 303 },
        'failure-details': [
          {
            'result-type': 'certificate-expired',
            'receiving-mx-hostname': 'mx1.example.org',
            'failed-session-count': 100,
          },
          { 'result-type': 'starttls-not-supported', 'failed-session-count': 203 },
        ],
      },
    ],
  });
  expect(await comesIn(mailWith('application/tlsrpt+gzip', gzipSync(tls)))).toMatchObject({
    result: 'recorded',
  });
  expect(await reportedDomains({ db: database.db, now })).toMatchObject([
    {
      domain: 'bounces.news.example.org',
      kind: 'tls',
      messages: 5_629,
      failed: 303,
      words:
        '94.6 % of 5,629 connections to your mail servers were encrypted; failures: starttls-not-supported and 1 more.',
    },
  ]);
});

test('only reports about our domains and of late count', async () => {
  const ignored = async (text: string) => (await take(text)).reason;
  expect(await ignored(dmarc([good], { domain: 'example.net' }))).toBe('foreign-domain');
  expect(await ignored(dmarc([good], { domain: 'ews.example.org' }))).toBe('foreign-domain');
  expect(await ignored(dmarc([good], { domain: 'org' }))).toBe('unreadable-report');
  expect(await ignored(dmarc([good], { end: 1_000_000_000 }))).toBe('wrong-time');
  expect(await ignored(dmarc([good], { id: '' }))).toBe('unreadable-report');
  expect(await ignored('hello')).toBe('unreadable-report');
  expect(await take()).toEqual({ result: 'ignored', reason: 'no-report' });
  // The policy of the domain above counts for ours.
  expect(await take(dmarc([good], { domain: 'Example.org' }))).toMatchObject({ result: 'recorded' });
});

const bomb = gzipSync(Buffer.alloc(mostUnpacked + 1));
const entity = '<!DOCTYPE feedback [<!ENTITY a "aaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>';
const whole = (inside: string) => dmarc([good]).replace('</feedback>', `${inside}</feedback>`);

test.each<[string, Buffer | string]>([
  ['a bomb', bomb],
  ['a bomb as zip', zip('x'.repeat(mostUnpacked + 1), { declared: 10 })],
  ['a zip file that is cut off', zip(dmarc([good])).subarray(0, 200)],
  [
    'a zip file with wrong offsets',
    Buffer.concat([zip(dmarc([good])).subarray(0, -8), Buffer.alloc(8, 0xff)]),
  ],
  ['a document type', dmarc([good], { start: `${entity}<feedback>` })],
  ['deep elements', whole('<a>'.repeat(1_000_000))],
  ['an open comment', whole('<!--'.repeat(1_000_000))],
  ['an open section', whole('<![CDATA['.repeat(500_000))],
  ['tags without an end', whole('<'.repeat(3_000_000))],
  ['wrong ends', whole('</b>'.repeat(1_000_000))],
  ['JSON that is cut off', '{"organization-name": "x'],
  ['deep JSON', `{"policies":${'['.repeat(1_000_000)}`],
])('%s is ignored at once', async (_, file) => {
  const began = performance.now();
  expect(await take(file)).toEqual({ result: 'ignored', reason: 'unreadable-report' });
  expect(performance.now() - began).toBeLessThan(20 * second);
});

test('unknown entities stay as they are, and ten megabytes of records are read', () => {
  expect(readDmarcReport(whole('<x>&a;&#0;&#x110000;&amp;</x>'))).toMatchObject({ messages: 95 });
  const one = recordOf(good);
  const many = dmarc([]).replace(
    '</feedback>',
    `${one.repeat(Math.floor(9_000_000 / one.length))}</feedback>`,
  );
  expect(readDmarcReport(unpackReport(gzipSync(many)))?.sources).toHaveLength(1);
});

test('the accounts are told when much fails: once a day and domain', async () => {
  const { db } = database;
  const mails = () => db.query<{ subjectId: string }>('select subject_id from account_mails');
  await take(
    dmarc([good, bad]),
    dmarc([
      { ...good, count: 1 },
      { ...bad, count: 50 },
    ]),
  );
  expect(await mails()).toEqual([]);
  const failing = [good, { ...bad, count: 6 }];
  await take(dmarc(failing), dmarc(failing));
  expect(await mails()).toEqual([{ subjectId: 'news.example.org' }]);
  clock = new Date(clock.getTime() + day);
  await take(dmarc(failing));
  expect(await mails()).toHaveLength(2);
  const sent: { subject: string; text: string }[] = [];
  const mailer = {
    send: async (message: { subject: string; text: string }) => {
      sent.push(message);
      return { outcome: { outcome: 'accepted' }, handOver: { reply: '250 ok' } };
    },
  } as unknown as Parameters<typeof sendAccountMails>[0]['mailer'];
  await sendAccountMails({ db, mailer, now }, accountMailRenderers({ db, now, secrets, baseUrl }));
  expect(sent[0]?.subject).toBe('Mail from news.example.org fails DMARC');
  expect(sent[0]?.text).toMatch(/Receiver & Sons reported.*203\.0\.113\.7\s+sends\s+as\s+you/s);
});

test('the API and the sentence', async () => {
  await take(
    dmarc([
      { ...good, count: 7_984 },
      { ...bad, count: 230 },
    ]),
  );
  expect((await app.api('GET', '/domain-reports')).body.data).toMatchObject([
    {
      domain: 'news.example.org',
      words: '97.1 % of 8,214 messages aligned; 203.0.113.7 sends as you and fails.',
    },
  ]);
  const two = [1, 2].map((n) => ({ source: `203.0.113.${n}`, messages: 1, failed: 1 }));
  const sums = { kind: 'dmarc', messages: 10_000, failed: 2, sources: two } as const;
  expect(reportInWords(sums)).toBe(
    '99.9 % of 10,000 messages aligned; 203.0.113.1 and 1 more send as you and fail.',
  );
  expect(reportInWords({ ...sums, failed: 0 })).toBe('100 % of 10,000 messages aligned.');
});
