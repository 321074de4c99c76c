// Amazon SES through SNS: the topic is pinned, the certificate is Amazon's, and a subscription is confirmed once both
// are right. The keys are made here, and signed with as docs.aws.amazon.com describes it.
import { generateKeyPairSync, sign } from 'node:crypto';
import { day, minute } from '../../src/durations.js';
import { useDatabase } from '../support/fixture.js';
import { certificateOf } from './certificate.js';
import { complaint, hardBounce, messageIdOf, untouched, useHooks, type Call } from './hook-scene.js';

const topic = 'arn:aws:sns:eu-west-1:123456789012:digest';
const database = useDatabase();
const { scene, call, acceptedIssue, outcome, inbox } = useHooks(
  database,
  `smtp://email-smtp.eu-west-1.amazonaws.com?name=ses&feedback=ses&feedbackTopic=${topic}`,
);

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 });
const valid = { from: new Date(Date.now() - day), to: new Date(Date.now() + 30 * day) };
const host = 'https://sns.eu-west-1.amazonaws.com';
const certificateUrl = `${host}/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem`;
scene.outside.set(certificateUrl, certificateOf(keys, valid));

const order = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: [
    'Message',
    'MessageId',
    'SubscribeURL',
    'Timestamp',
    'Token',
    'TopicArn',
    'Type',
  ],
};

let messages = 0;
/** `over` replaces fields before the signature, `after` behind it. */
function sns(
  message: unknown,
  over: Record<string, string> = {},
  {
    key = keys.privateKey,
    after = {},
  }: { key?: typeof keys.privateKey; after?: Record<string, string> } = {},
): Call {
  messages += 1;
  const body: Record<string, string> = {
    Type: 'Notification',
    MessageId: `22b80b92-fdea-4c2c-8f9d-${String(messages).padStart(12, '0')}`,
    TopicArn: topic,
    Message: typeof message === 'string' ? message : JSON.stringify(message),
    Timestamp: scene.now.toISOString(),
    SignatureVersion: '1',
    SigningCertURL: certificateUrl,
    ...over,
  };
  const fields = order[body['Type'] as keyof typeof order] ?? [];
  const text = fields
    .flatMap((name) => (body[name] === undefined ? [] : [`${name}\n${body[name]}\n`]))
    .join('');
  const hash = body['SignatureVersion'] === '2' ? 'RSA-SHA256' : 'RSA-SHA1';
  const Signature = sign(hash, Buffer.from(text), key).toString('base64');
  return {
    body: JSON.stringify({ ...body, Signature, ...after }),
    headers: { 'content-type': 'text/plain; charset=UTF-8', 'x-amz-sns-message-type': body['Type'] ?? '' },
  };
}

interface Mail {
  verp: string;
  address: string;
}
const bounceOf = ({ verp, address }: Mail, over: object = {}) => ({
  notificationType: 'Bounce',
  mail: { source: verp, messageId: '0102018f-000000', destination: [address] },
  bounce: {
    bounceType: 'Permanent',
    bounceSubType: 'General',
    bouncedRecipients: [
      {
        emailAddress: address,
        action: 'failed',
        status: '5.1.1',
        diagnosticCode: 'smtp; 550 5.1.1 <ada@example.org>... User unknown',
      },
    ],
    timestamp: '2026-11-20T07:00:00.000Z',
    ...over,
  },
});

test('a bounce and a complaint, signed by both versions, found by token, header and the id of the 250 reply', async () => {
  const first = await acceptedIssue();
  expect(await call('ses', sns(bounceOf(first), { Subject: 'Amazon SES' }))).toBe(200);
  expect(await outcome(first)).toEqual(hardBounce);

  const second = await acceptedIssue();
  const ours = messageIdOf(second.issueId, second.subscriberId);
  const complained = {
    eventType: 'Complaint',
    mail: {
      source: 'digest@example.org',
      messageId: 'x',
      headers: [{ name: 'Message-ID', value: ours }],
      destination: [second.address],
    },
    complaint: { complainedRecipients: [{ emailAddress: second.address }], complaintFeedbackType: 'abuse' },
  };
  expect(await call('ses', sns(complained, { SignatureVersion: '2' }))).toBe(200);
  expect(await outcome(second)).toEqual(complaint);

  const third = await acceptedIssue();
  const id = '0102018f3a2b1c4d-6e5f7a8b-9c0d-4e1f-8a2b-3c4d5e6f7a8b-000000';
  await database.db.query('update deliveries set relay_id = $2 where issue_id = $1', [third.issueId, id]);
  const noEmail = bounceOf(
    { verp: 'digest@example.org', address: third.address },
    {
      bounceSubType: 'NoEmail',
      bouncedRecipients: [{ emailAddress: third.address }],
    },
  );
  noEmail.mail.messageId = id;
  expect(await call('ses', sns(noEmail))).toBe(200);
  expect(await outcome(third)).toEqual(hardBounce);
  // The certificate is kept.
  expect(scene.asked).toEqual([certificateUrl]);
});

test('a delivery, a delay and an address on the own list of SES suppress nobody', async () => {
  const issue = await acceptedIssue();
  const mail = bounceOf(issue).mail;
  const delivery = { eventType: 'Delivery', mail, delivery: { recipients: [issue.address] } };
  expect(await call('ses', sns(delivery))).toBe(200);
  const delayed = {
    eventType: 'DeliveryDelay',
    mail,
    deliveryDelay: { delayedRecipients: [{ emailAddress: issue.address }] },
  };
  expect(await call('ses', sns(delayed))).toBe(200);
  expect(await outcome(issue)).toEqual({ ...untouched, kinds: ['note'] });
  const listed = bounceOf(issue, {
    bounceSubType: 'OnAccountSuppressionList',
    bouncedRecipients: [{ emailAddress: issue.address }],
  });
  expect(await call('ses', sns(listed))).toBe(200);
  expect(await outcome(issue)).toMatchObject({
    state: 'bounced',
    suppressed: null,
    kinds: expect.arrayContaining(['unavailable']),
  });
  for (const other of [
    'Successfully validated SNS topic for Amazon SES event publishing.',
    { eventType: 'Open', mail },
  ])
    expect(await call('ses', sns(other))).toBe(200);
  expect(await inbox()).toHaveLength(3);
});

test('forged, late, of another topic, or with a certificate of another place: refused, and nothing is fetched', async () => {
  const issue = await acceptedIssue();
  const bounce = bounceOf(issue);
  const ago = (minutes: number) => new Date(scene.now.getTime() - minutes * minute).toISOString();
  for (const [sent, reason] of [
    [sns(bounce, {}, { key: foreign.privateKey }), 'bad-signature'],
    [
      sns(bounce, {}, { after: { Message: JSON.stringify(bounceOf({ ...issue, address: 'x@y.z' })) } }),
      'bad-signature',
    ],
    [sns(bounce, {}, { after: { SignatureVersion: '2' } }), 'bad-signature'],
    [sns(bounce, { SignatureVersion: '3' }), 'bad-signature'],
    [{ body: 'no JSON' }, 'bad-signature'],
    [sns(bounce, { Timestamp: ago(6) }), 'late'],
    [sns(bounce, { Timestamp: 'never' }), 'late'],
    [sns(bounce, { TopicArn: 'arn:aws:sns:eu-west-1:666666666666:digest' }), 'wrong-topic'],
    ...[
      certificateUrl.replace('amazonaws.com', 'amazonaws.com.evil.example'),
      certificateUrl.replace('https://', 'http://'),
      certificateUrl.replace('https://', 'https://user@'),
      certificateUrl.replace('.com/', '.com:8443/'),
      certificateUrl.replace('eu-west-1', 'us-east-1'),
      'https://s3.eu-west-1.amazonaws.com/bucket/SimpleNotificationService-0.pem',
      `${host}/anything.pem`,
      'https://evil.example/SimpleNotificationService-0.pem',
    ].map((url) => [sns(bounce, { SigningCertURL: url }), 'foreign-certificate'] as const),
  ] as const) {
    scene.rejected = [];
    expect([await call('ses', sent), scene.rejected]).toEqual([401, [reason]]);
  }
  expect([await outcome(issue), await inbox(), scene.asked]).toEqual([untouched, [], []]);
});

test('a certificate that cannot be fetched is not asked for again at once; one that has ended is none', async () => {
  const issue = await acceptedIssue();
  const url = `${host}/SimpleNotificationService-absent.pem`;
  const sent = () => call('ses', sns(bounceOf(issue), { SigningCertURL: url }));
  expect([await sent(), await sent(), scene.asked]).toEqual([503, 503, [url]]);
  const ended = `${host}/SimpleNotificationService-ended.pem`;
  scene.outside.set(ended, certificateOf(keys, { ...valid, to: new Date(Date.now() - minute) }));
  expect(await call('ses', sns(bounceOf(issue), { SigningCertURL: ended }))).toBe(401);
  expect(scene.rejected).toEqual(['no-certificate', 'no-certificate', 'foreign-certificate']);
  expect(await outcome(issue)).toEqual(untouched);
});

test('a subscription is confirmed by a visit, for our topic at Amazon alone; a replayed event counts once', async () => {
  const visit = `${host}/?Action=ConfirmSubscription&TopicArn=${topic}&Token=2336412f37fb687f5d51e6e2425c464d`;
  scene.outside.set(visit, '<ConfirmSubscriptionResponse/>');
  const confirmation = (url: string, over: Record<string, string> = {}) =>
    sns('You have chosen to subscribe to the topic.', {
      Type: 'SubscriptionConfirmation',
      Token: '2336412f37fb687f5d51e6e2425c464d',
      SubscribeURL: url,
      ...over,
    });
  const other = topic.replace('digest', 'other');
  for (const [url, over] of [
    [visit, { TopicArn: other }],
    [visit.replace(host, 'http://169.254.169.254'), {}],
    [visit.replace(topic, other), {}],
    [visit.replace('ConfirmSubscription', 'Unsubscribe'), {}],
  ] as const)
    expect(await call('ses', confirmation(url, over))).toBe(401);
  expect(scene.asked).not.toContain(visit);
  expect(await call('ses', confirmation(visit))).toBe(200);
  expect(scene.asked).toContain(visit);
  scene.outside.delete(visit);
  expect(await call('ses', confirmation(visit))).toBe(503);

  const issue = await acceptedIssue();
  const sent = sns(bounceOf(issue));
  expect([await call('ses', sent), await call('ses', sent)]).toEqual([200, 200]);
  expect([await outcome(issue), (await inbox()).length]).toEqual([hardBounce, 1]);
});
