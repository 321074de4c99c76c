// Calls as the providers make them, signed by their published schemes with keys made here.
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { standardCall, type Call } from './hook-scene.js';

export interface About {
  recipient: string;
  /** Our envelope sender. */
  sender: string;
  /** Our Message-ID, in angle brackets. */
  messageId: string;
  /** The id that the relay gave the message in its 250 reply. */
  relayId: string;
  at: Date;
  /** Unique for the event. */
  id: string;
}

export type EventName = 'bounce' | 'complaint' | 'delivered' | 'unsubscribe';

export interface Provider {
  scheme: string;
  /** The option of SMTP_URL. */
  option: string;
  call: (event: EventName, about: About) => Call;
  /** Signed by another key, or with another password. */
  forged: (event: EventName, about: About) => Call;
  /** It signs a time. */
  signsTime: boolean;
  /** Events that the provider reports. */
  events: readonly EventName[];
}

const secret = 'secret-of-the-tests+1/2=';
const whsec = 'whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cywgbG9uZyBlbm91Z2g=';
const words = '550 5.1.1 <ada@example.org>: Recipient address rejected: User unknown';
const all = ['bounce', 'complaint', 'delivered', 'unsubscribe'] as const;
const seconds = (at: Date) => Math.floor(at.getTime() / 1000);
const spki = (key: ReturnType<typeof ecKeys>['publicKey']) =>
  key.export({ type: 'spki', format: 'der' }).toString('base64');
const ecKeys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsaKeys = () => generateKeyPairSync('rsa', { modulusLength: 2048 });

const ec = ecKeys();
const rsa = rsaKeys();
const [foreignEc, foreignRsa] = [ecKeys(), rsaKeys()];

const basic = (body: unknown, password: string): Call => ({
  body: JSON.stringify(body),
  headers: { authorization: `Basic ${Buffer.from(`digest:${password}`).toString('base64')}` },
});

/** A provider that signs nothing, and sends a password. */
function byPassword(
  scheme: string,
  body: (event: EventName, about: About) => unknown,
  events: Provider['events'] = all,
): Provider {
  return {
    scheme,
    option: `feedbackSecret=${secret}`,
    call: (event, about) => basic(body(event, about), secret),
    forged: (event, about) => basic(body(event, about), 'another password'),
    signsTime: false,
    events,
  };
}

function mailgunBody(event: EventName, about: About, key: string): Call {
  const timestamp = String(seconds(about.at));
  const token = about.id.padEnd(50, '0');
  const signature = createHmac('sha256', key)
    .update(timestamp + token)
    .digest('hex');
  const failed = {
    event: 'failed',
    severity: 'permanent',
    reason: 'bounce',
    'delivery-status': {
      code: 550,
      'enhanced-code': '5.1.1',
      message: '5.1.1 User unknown',
      description: '',
    },
  };
  const names = { complaint: 'complained', delivered: 'delivered', unsubscribe: 'unsubscribed' };
  const data = {
    ...(event === 'bounce' ? failed : { event: names[event] }),
    id: about.id,
    timestamp: about.at.getTime() / 1000,
    recipient: about.recipient,
    message: { headers: { 'message-id': about.messageId.slice(1, -1) } },
  };
  return { body: JSON.stringify({ signature: { timestamp, token, signature }, 'event-data': data }) };
}

function sendgridCall(event: EventName, about: About, key: typeof ec.privateKey): Call {
  const names = {
    bounce: 'bounce',
    complaint: 'spamreport',
    delivered: 'delivered',
    unsubscribe: 'unsubscribe',
  };
  const body = JSON.stringify([
    { event: 'processed', email: about.recipient, sg_event_id: `${about.id}p` },
    {
      event: names[event],
      email: about.recipient,
      timestamp: seconds(about.at),
      'smtp-id': about.messageId,
      sg_event_id: about.id,
      sg_message_id: `${about.relayId}.filter0001.16648.5515E0B88.0`,
      ...(event === 'bounce' ? { reason: words, status: '5.1.1', type: 'bounce' } : {}),
    },
  ]);
  const timestamp = String(seconds(about.at));
  return {
    body,
    headers: {
      'x-twilio-email-event-webhook-timestamp': timestamp,
      'x-twilio-email-event-webhook-signature': sign('sha256', Buffer.from(timestamp + body), key).toString(
        'base64',
      ),
    },
  };
}

function resendBody(event: EventName, about: About): unknown {
  const names: Record<string, string> = {
    bounce: 'email.bounced',
    complaint: 'email.complained',
    delivered: 'email.delivered',
  };
  return {
    type: names[event],
    created_at: about.at.toISOString(),
    data: {
      email_id: about.relayId,
      to: [about.recipient],
      ...(event === 'bounce'
        ? { bounce: { message: 'The address does not exist.', type: 'Permanent', subType: 'NoEmail' } }
        : {}),
    },
  };
}

function postalCall(event: EventName, about: About, key: typeof rsa.privateKey, header: string): Call {
  const message = {
    id: 12,
    token: 'abc',
    direction: 'outgoing',
    message_id: about.messageId.slice(1, -1),
    to: about.recipient,
    from: 'digest@example.org',
  };
  const failed = { status: 'HardFail', details: 'Permanent SMTP delivery error', output: words };
  const body = JSON.stringify({
    event: event === 'bounce' ? 'MessageDeliveryFailed' : 'MessageSent',
    timestamp: seconds(about.at) + 0.25,
    payload: { message, ...(event === 'bounce' ? failed : { status: 'Sent', output: '250 ok' }) },
    uuid: about.id,
  });
  const hash = header.endsWith('256') ? 'RSA-SHA256' : 'RSA-SHA1';
  return { body, headers: { [header]: sign(hash, Buffer.from(body), key).toString('base64') } };
}

export const providers: readonly Provider[] = [
  {
    scheme: 'mailgun',
    option: `feedbackSecret=${secret}`,
    call: (event, about) => mailgunBody(event, about, secret),
    forged: (event, about) => mailgunBody(event, about, 'another key'),
    signsTime: true,
    events: all,
  },
  {
    scheme: 'sendgrid',
    option: `feedbackKey=${spki(ec.publicKey)}`,
    call: (event, about) => sendgridCall(event, about, ec.privateKey),
    forged: (event, about) => sendgridCall(event, about, foreignEc.privateKey),
    signsTime: true,
    events: all,
  },
  byPassword('postmark', (event, { recipient, relayId, at, id }) => {
    switch (event) {
      case 'bounce':
        return {
          RecordType: 'Bounce',
          ID: Number(id),
          Type: 'HardBounce',
          MessageID: relayId,
          Details: `smtp;${words}`,
          Email: recipient,
          BouncedAt: at.toISOString(),
        };
      case 'complaint':
        return { RecordType: 'SpamComplaint', ID: Number(id), MessageID: relayId, Email: recipient };
      case 'delivered':
        return { RecordType: 'Delivery', MessageID: relayId, Recipient: recipient, Details: '250 ok' };
      case 'unsubscribe':
        return {
          RecordType: 'SubscriptionChange',
          MessageID: relayId,
          Recipient: recipient,
          SuppressSending: true,
          SuppressionReason: 'ManualSuppression',
        };
    }
  }),
  byPassword('brevo', (event, { recipient, messageId, at }) => ({
    event: { bounce: 'hard_bounce', complaint: 'spam', delivered: 'delivered', unsubscribe: 'unsubscribed' }[
      event
    ],
    email: recipient,
    'message-id': messageId,
    ts_epoch: at.getTime(),
    ...(event === 'bounce' ? { reason: words } : {}),
  })),
  byPassword('mailjet', (event, { recipient, relayId, at }) => [
    {
      event: { bounce: 'bounce', complaint: 'spam', delivered: 'sent', unsubscribe: 'unsub' }[event],
      time: seconds(at),
      email: recipient,
      MessageID: 19421777835146490,
      Message_GUID: relayId,
      ...(event === 'bounce'
        ? { hard_bounce: true, error_related_to: 'recipient', error: 'user unknown' }
        : {}),
    },
  ]),
  byPassword('sparkpost', (event, { recipient, sender, relayId, at, id }) => [
    { msys: {} },
    {
      msys: {
        message_event: {
          type: {
            bounce: 'bounce',
            complaint: 'spam_complaint',
            delivered: 'delivery',
            unsubscribe: 'list_unsubscribe',
          }[event],
          event_id: id,
          message_id: relayId,
          msg_from: sender,
          rcpt_to: recipient,
          timestamp: String(seconds(at)),
          ...(event === 'bounce' ? { bounce_class: '10', error_code: '550', raw_reason: words } : {}),
        },
      },
    },
  ]),
  {
    scheme: 'resend',
    option: `feedbackSecret=${whsec}`,
    call: (event, about) => standardCall(resendBody(event, about), whsec, { prefix: 'svix', ...about }),
    forged: (event, about) => standardCall(resendBody(event, about), secret, { prefix: 'svix', ...about }),
    signsTime: true,
    events: ['bounce', 'complaint', 'delivered'],
  },
  ...['x-postal-signature-256', 'x-postal-signature'].map((header): Provider => ({
    scheme: 'postal',
    option: `feedbackKey=${spki(rsa.publicKey)}`,
    call: (event, about) => postalCall(event, about, rsa.privateKey, header),
    forged: (event, about) => postalCall(event, about, foreignRsa.privateKey, header),
    signsTime: true,
    events: ['bounce', 'delivered'],
  })),
  byPassword(
    'kumomta',
    (event, { recipient, sender, relayId, at }) =>
      event === 'complaint'
        ? {
            type: 'Feedback',
            id: relayId,
            sender: 'staff@hotmail.com',
            recipient: 'fbl@bounces.example.org',
            timestamp: seconds(at),
            feedback_report: {
              feedback_type: 'abuse',
              original_mail_from: sender,
              original_rcpt_to: [recipient],
            },
          }
        : {
            type: event === 'bounce' ? 'Bounce' : 'Delivery',
            id: relayId,
            sender,
            recipient,
            timestamp: seconds(at),
            response: {
              code: event === 'bounce' ? 550 : 250,
              enhanced_code: { class: event === 'bounce' ? 5 : 2, subject: 1, detail: 1 },
              content: event === 'bounce' ? 'User unknown' : 'OK',
              command: 'RCPT TO',
            },
            bounce_classification: event === 'bounce' ? 'InvalidRecipient' : 'Uncategorized',
          },
    ['bounce', 'complaint', 'delivered'],
  ),
];
