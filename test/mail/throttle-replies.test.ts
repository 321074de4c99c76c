// Replies that ask for less mail, and the groups of domains that share a provider.
import { domainGroup, groupConnections, groupDomains, providerOf } from '../../src/mail/domain-groups.js';
import { decideOutcome } from '../../src/mail/outcome.js';
import { throttledBy } from '../../src/mail/throttle-replies.js';

const said = (reply: string, stage = 'rcpt') => ({ code: Number(reply.slice(0, 3)), stage, reply });

test.each([
  '421-4.7.28 Gmail has detected an unusual rate of unsolicited mail originating from your IP address.',
  '421 4.7.0 Try again later, closing connection. (EHLO) a1-20020a05600c348100b0 - gsmtp',
  '421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints',
  '451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation.',
  '451 4.7.500 Server busy. Please try again later from [192.0.2.1].',
  "421 RP-001 (COL004) Unfortunately, some messages from 192.0.2.1 weren't sent.",
  '421 4.3.2 Trop de connexions, veuillez verifier votre configuration. Too many connections, slow down. OFR004_104 [104]',
  '450 4.7.1 You have exceeded your message rate, please slow down',
  '452 4.3.2 Connection rate limit exceeded',
])('a provider asks for less: %s', (reply) => {
  expect(throttledBy(said(reply, 'message'))).toBe('domain');
  const handOver = { ended: 'reply', relay: 'r', stage: 'message', code: said(reply).code, reply } as const;
  expect(decideOutcome(handOver)).toEqual({ outcome: 'deferred' });
});

test.each([
  ['454 Throttling failure: Maximum sending rate exceeded.', 'message'],
  ['450 4.7.1 Error: too much mail from 192.0.2.1', 'mail'],
  ['450 4.7.1 Error: too many recipients from 192.0.2.1', 'rcpt'],
  // Before RCPT, the reply cannot be about a reader's domain: it is about this sender.
  ['451 4.7.1 Too many messages, slow down', 'mail'],
])('the relay itself asks for less: %s', (reply, stage) => {
  expect(throttledBy(said(reply, stage))).toBe('relay');
});

test.each([
  '451 4.7.1 Greylisted, try again later',
  '450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages',
  '452 4.2.2 Mailbox full',
  '421 4.3.2 Shutting down',
  '451 4.3.0 Temporary lookup failure',
  '550 5.7.1 Too many messages: permanently rejected',
])('says nothing of our rate: %s', (reply) => {
  expect(throttledBy(said(reply))).toBeUndefined();
});

test('domains belong to their provider, others to themselves', () => {
  expect(['ana@gmail.com', 'ana@googlemail.com'].map(domainGroup)).toEqual(['google', 'google']);
  expect(['a@hotmail.co.uk', 'a@live.fr', 'a@msn.com'].map(domainGroup)).toEqual(Array(3).fill('outlook'));
  expect(['a@yahoo.co.jp', 'a@yahoo.de', 'a@aol.com'].map(domainGroup)).toEqual([
    'yahoo.co.jp', // Yahoo! Japan is another company.
    'yahoo',
    'yahoo',
  ]);
  expect(domainGroup('a@wanadoo.fr')).toBe('orange.fr');
  expect(domainGroup('a@example.org')).toBe('example.org');
  expect(['google', 'outlook', 'yahoo', 'icloud', 'orange.fr', 'example.org'].map(groupConnections)).toEqual([
    5, 5, 10, 10, 3, 10,
  ]);
  expect(groupDomains('example.org')).toEqual(['example.org']);
  expect(groupDomains(domainGroup('a@me.com'))).toContain('icloud.com');
  expect([providerOf('google'), providerOf('example.org')]).toEqual(['google', 'others']);
});
