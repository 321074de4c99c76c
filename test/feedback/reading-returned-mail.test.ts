// What a mail that came back says: the forms of many servers, of automatic answers and of complaints.
import { gzipSync } from 'node:zlib';
import {
  answerBodies,
  answerSubjects,
  challenges,
  copyBegins,
  returnBodies,
  returnSubjects,
  warnings,
} from '../../src/feedback/automatic-rows.js';
import { condense } from '../../src/feedback/condense.js';
import { openMail } from '../../src/feedback/open-mail.js';
import { readMail } from '../../src/feedback/read-mail.js';
import { oddities } from './returned-oddities.js';
import { letters } from './returned-prose.js';
import { reports } from './returned-reports.js';
import { report } from './sample-mail.js';

const samples = [...reports, ...letters, ...oddities];

test.each(samples.map((sample) => [sample.name, sample] as const))('%s', async (_, sample) => {
  const read = await readMail(Buffer.from(sample.mail.replaceAll('\n', '\r\n')));
  const { name: _name, kind, mail: _mail, ...first } = sample;
  expect(read.kind).toBe(kind);
  expect(read.recipients[0] ?? {}).toMatchObject(first);
});

test('line ends, cut mails and the line of a mailbox file change nothing', async () => {
  for (const { name, kind, mail } of samples) {
    const forms = [mail, mail.replaceAll('\n', '\r'), `From MAILER-DAEMON Fri Nov 20 07:00:00 2026\n${mail}`];
    for (const form of forms) expect([name, (await readMail(Buffer.from(form))).kind]).toEqual([name, kind]);
  }
});

test('a report without boundaries, words in an attachment, and a sender without an address', async () => {
  const mail = report('x', 'Final-Recipient: rfc822; ada@example.net\nAction: failed\nStatus: 5.1.1');
  const bare = mail.replace(/Content-Type: multipart.*\n/, '').replaceAll('--b1', '');
  expect(await readMail(Buffer.from(bare))).toMatchObject({
    kind: 'hard',
    recipients: [{ address: 'ada@example.net' }],
  });
  const attached =
    'From: MAILER-DAEMON (Mail Delivery System)\nSubject: hm\nContent-Type: text/plain\n' +
    'Content-Disposition: attachment\n\nYour mail could not be delivered:\n<ada@example.net>: 550 No such user\n';
  expect((await readMail(Buffer.from(attached))).kind).toBe('hard');
});

test('a mail may be huge, nested, cut off or no mail at all', async () => {
  const nested = Array.from(
    { length: 300 },
    (_, at) => `Content-Type: multipart/mixed; boundary="n${at}"\n\n--n${at}\n`,
  ).join('');
  const inReport = report(`${'x '.repeat(200)}\n`.repeat(10_000), 'Action: failed\nStatus: 5.1.1');
  const dsnOfDsn = report(
    'failed',
    'Final-Recipient: rfc822; ada@example.net\nAction: failed\nStatus: 5.7.1',
  ).replace('message/rfc822\n', `message/rfc822\n\n${samples[0]?.mail ?? ''}`);
  const raws = [
    '',
    '\r',
    '\n\n\n',
    nested,
    inReport,
    '\0'.repeat(5_000),
    '<'.repeat(100_000),
    'a@'.repeat(50_000),
  ];
  for (const raw of raws) await expect(readMail(Buffer.from(raw))).resolves.toHaveProperty('kind');
  for (let length = 0; length < dsnOfDsn.length; length += 97)
    await expect(readMail(Buffer.from(dsnOfDsn.slice(0, length)))).resolves.toHaveProperty('kind');
  expect((await readMail(Buffer.from(dsnOfDsn))).kind).toBe('policy');
});

const sound = report(
  'The mail could not be delivered.',
  'Final-Recipient: rfc822; ada@example.net\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown',
);
const within = (levels: number): string =>
  Array.from({ length: levels }, (_, at) => at).reduce(
    (inner, at) => `Content-Type: multipart/mixed; boundary="n${at}"\n\n--n${at}\n${inner}\n--n${at}--\n`,
    sound,
  );

test.each<[string, string | Buffer]>([
  ['CR alone', sound.replaceAll('\n', '\r')],
  ['CR LF', sound.replaceAll('\n', '\r\n')],
  ['ten megabytes behind it', sound + 'x'.repeat(10_000_000)],
  ['a header of a megabyte', `X-Long: ${'h'.repeat(1_000_000)}\n${sound}`],
  ['150,000 headers', 'X-A: b\n'.repeat(150_000) + sound],
  ['50 nested parts', `Subject: Undelivered\nMIME-Version: 1.0\n${within(50)}`],
  ['an unknown charset', sound.replace('us-ascii', 'x-no-such')],
  ['the wrong charset', sound.replace('us-ascii', 'utf-16le')],
  ['octets that are no UTF-8', Buffer.concat([Buffer.from(sound), Buffer.from([0xff, 0xfe, 0xc0, 0x80])])],
  ['zero octets', sound.replace('could', 'co\0uld').replace('User unknown', 'User\0 unknown')],
])('a report with %s is read', async (_, mail) => {
  expect(await readMail(condense(Buffer.from(mail)))).toMatchObject({
    kind: 'hard',
    recipients: [{ address: 'ada@example.net', status: '5.1.1' }],
  });
});

test('of a mail of very many lines the first 5,000 are read, and nothing is unpacked', async () => {
  const { text } = await openMail(Buffer.from(`Subject: x\n\n${'y\n'.repeat(60_000)}`));
  expect(text.split('\n').length).toBeLessThanOrEqual(5_000);
  const packed = gzipSync(Buffer.alloc(20_000_000)).toString('base64').replaceAll(/.{76}/g, '$&\n');
  const bomb = `Subject: x\nMIME-Version: 1.0\nContent-Type: application/gzip\nContent-Transfer-Encoding: base64\n\n${packed}\n`;
  const { parts } = await openMail(Buffer.from(bomb));
  expect(parts.reduce((sum, part) => sum + part.text.length, 0)).toBeLessThan(bomb.length);
});

test.each(
  Object.entries({
    answerBodies,
    answerSubjects,
    challenges,
    copyBegins,
    returnBodies,
    returnSubjects,
    warnings,
  }),
)('each row of %s knows its example', (_, rows) => {
  for (const { pattern, example } of rows) expect(example).toMatch(pattern);
});
