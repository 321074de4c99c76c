// What a mail that came back says: the forms of many servers, of automatic answers and of complaints.
import {
  answerBodies,
  answerSubjects,
  challenges,
  copyBegins,
  returnBodies,
  returnSubjects,
  warnings,
} from '../../src/feedback/automatic-rows.js';
import { readMail } from '../../src/feedback/read-mail.js';
import { letters } from './returned-prose.js';
import { reports } from './returned-reports.js';
import { report } from './sample-mail.js';

const samples = [...reports, ...letters];

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
