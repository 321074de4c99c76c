// The options in SMTP_URL: each takes effect, or the start stops and names the error.
import { networkInterfaces } from 'node:os';
import { SMTPServer } from 'smtp-server';
import { readConfig } from '../../src/config/environment.js';
import type { RelayConfig } from '../../src/config/relays.js';
import { checkRelay } from '../../src/mail/check-relay.js';
import { toData } from '../../src/mail/compose.js';
import { openRelay } from '../../src/mail/relay.js';
import { startSink } from '../support/smtp-sink.js';
import { checkInEnglish } from './check-in-english.js';

const relayOf = (url: string): RelayConfig => {
  const [relay] = readConfig({ SMTP_URL: url }).relays ?? [];
  if (!relay) throw new Error('no relay');
  return relay;
};
const withOption = (option: string) => relayOf(`smtp://relay.example:25?${option}`);

test('options are on or off', () => {
  expect(withOption('dkim=off&chunking=off&domainLimits=off&warmup=on')).toMatchObject({
    dkim: false,
    chunking: false,
    domainLimits: false,
    warmUp: true,
  });
  expect(withOption('dkim=on&domainLimits=on&warmup=off')).toMatchObject({
    dkim: true,
    domainLimits: true,
    warmUp: false,
  });
  expect(withOption('')).toMatchObject({
    dkim: true,
    chunking: true,
    domainLimits: true,
    warmUp: false,
    tls: 'opportunistic',
  });
});

test.each([
  ['warmup=true', `SMTP_URL's option warmup is "true", but must be on or off`],
  ['warmup=yes', `SMTP_URL's option warmup is "yes", but must be on or off`],
  ['warmup=ON', `SMTP_URL's option warmup is "ON", but must be on or off`],
  ['warmup', `SMTP_URL's option warmup is "", but must be on or off`],
  ['dkim=false', `SMTP_URL's option dkim is "false", but must be on or off`],
  ['chunking=yes', `SMTP_URL's option chunking is "yes", but must be on or off`],
  ['domainLimits=no', `SMTP_URL's option domainLimits is "no", but must be on or off`],
  ['tls=on', `SMTP_URL's option tls is "on", but must be one of required, opportunistic, off`],
  ['tls=', `SMTP_URL's option tls is "", but must be one of required, opportunistic, off`],
  ['tls=off&tlsName=mail.example.org', `SMTP_URL's option tls is "off", but must be another value`],
  ['tlsName=192.0.2.1', `SMTP_URL's option tlsName is "192.0.2.1", but must be the host name in`],
  ['tlsName=', `SMTP_URL's option tlsName is "", but must be the host name in`],
  ['requireTls=off', `SMTP_URL's option requireTls is "off", but must be one of the known options`],
  ['rate=0', `SMTP_URL's option rate is "0", but must be a whole number from 1 to 1000000`],
  ['rate=-1', `SMTP_URL's option rate is "-1", but must be a whole number from 1 to 1000000`],
  ['rate=2.5', `SMTP_URL's option rate is "2.5", but must be a whole number from 1 to 1000000`],
  ['rate=1e3', `SMTP_URL's option rate is "1e3", but must be a whole number from 1 to 1000000`],
  ['weight=', `SMTP_URL's option weight is "", but must be a whole number from 1 to 1000000`],
  [
    'connections=many',
    `SMTP_URL's option connections is "many", but must be a whole number from 1 to 1000000`,
  ],
  [
    'messagesPerConnection=1k',
    `SMTP_URL's option messagesPerConnection is "1k", but must be a whole number from`,
  ],
  ['rate=5&rate=6', `SMTP_URL's option rate is "5 and 6", but must be a single value`],
  ['name=', `SMTP_URL's option name is "", but must be a host name, such as digest.example.org`],
  [
    'conections=5',
    `SMTP_URL's option conections is "5", but must be one of the known options, perhaps connections: name,`,
  ],
  [
    'warmUp=on',
    `SMTP_URL's option warmUp is "on", but must be one of the known options, perhaps warmup: name,`,
  ],
  ['domain-limits=off', `is "off", but must be one of the known options, perhaps domainLimits: name,`],
  ['colour=blue', `SMTP_URL's option colour is "blue", but must be one of the known options: name,`],
  ['password=sesame', `SMTP_URL's option password is "***", but must be one of the known options: name,`],
])('%s stops the start, and the error says why', (option, message) => {
  expect(() => withOption(option)).toThrow(message);
});

test.each([
  ['smtp://digest:se,same@relay.example', 'a comma in the password'],
  ['smtp://digest:se/same@relay.example', 'a slash'],
  ['smtp://digest:1/same@relay.example', 'a slash after what could be a port'],
  ['smtp://digest:1#same@relay.example', 'a hash'],
  ['smtp://digest:same%@relay.example', 'half an escape'],
  ['smtp://relay.example/path', 'a path'],
])('%s stops the start, and shows no password (%s)', (url) => {
  let message = '';
  try {
    relayOf(url);
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message).toMatch(/^SMTP_URL is "smtp:\/\/.*", but must be /);
  expect(message).not.toMatch(/same/);
});

test('TLS is required for a password, smtps:// and tlsName, unless the relay is on this machine', () => {
  const policy = (url: string) => relayOf(url).tls;
  expect(policy('smtp://u:p@relay.example')).toBe('required');
  expect(policy('smtp://u:p@192.0.2.1:25')).toBe('required');
  expect(policy('smtp://u:p@127.example.org')).toBe('required');
  expect(policy('smtps://relay.example')).toBe('required');
  expect(policy('smtp://relay.example?tlsName=mail.relay.example')).toBe('required');
  expect(policy('smtp://relay.example?tls=required')).toBe('required');
  expect(policy('smtp://u:p@relay.example?tls=opportunistic')).toBe('opportunistic');
  expect(policy('smtp://u:p@relay.example?tls=off')).toBe('off');
  expect(policy('smtp://relay.example')).toBe('opportunistic');
  expect(() => relayOf('smtps://relay.example?tls=off')).toThrow('smtps:// is TLS');
  for (const host of ['localhost', 'mail.localhost', '127.0.0.1', '127.1.2.3', '[::1]'])
    for (const url of [`smtp://u:p@${host}:2525`, `smtp://${host}:2525`, `smtps://${host}:2525`])
      expect([url, policy(url)]).toEqual([url, 'opportunistic']);
});

describe('a relay that offers AUTH without STARTTLS, or whose STARTTLS was removed on the way', () => {
  const signedIn: string[] = [];
  const taken: string[] = [];
  const server = new SMTPServer({
    logger: false,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    onAuth({ username = '', password = '' }, _session, callback) {
      signedIn.push(`${username}:${password}`);
      callback(null, { user: username });
    },
    onData(stream, _session, callback) {
      stream.on('data', (chunk: Buffer) => taken.push(chunk.toString()));
      stream.on('end', () => callback());
    },
  });
  let port = 0;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
    const address = server.server.address();
    port = typeof address === 'object' && address ? address.port : 0;
  });
  afterAll(() => new Promise<void>((resolve) => server.close(resolve)));

  // On a machine with only loopback addresses, the relay listens on loopback under another name.
  const others = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const host = others.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
  const elsewhere = (options = ''): RelayConfig => ({
    ...relayOf(`smtp://digest:sesame@relay.example:${port}${options}`),
    host,
  });

  test('gets neither password nor message, and the error says what to do', async () => {
    const relay = openRelay(elsewhere(), 1);
    const handOver = await relay.handOver(
      { from: 'digest@example.org', to: 'ana@example.com' },
      toData(Buffer.from('Subject: test\r\n\r\ntest\r\n')),
    );
    await relay.close();
    expect(handOver).toMatchObject({
      ended: 'lost',
      stage: 'connect',
      error: expect.stringMatching(/password.*smtps:\/\/.*tls=opportunistic/) as string,
    });
    expect([signedIn, taken]).toEqual([[], []]);
    expect(checkInEnglish(await checkRelay(elsewhere()))).toEqual({
      ok: false,
      reason: expect.stringMatching(/smtps:\/\/.*tls=opportunistic/) as string,
    });
    expect([signedIn, taken]).toEqual([[], []]);
  });

  test('gets both with tls=opportunistic', async () => {
    expect(await checkRelay(elsewhere('?tls=opportunistic'))).toEqual({ ok: true, secure: false });
    const relay = openRelay(elsewhere('?tls=opportunistic'), 1);
    const handOver = await relay.handOver(
      { from: 'digest@example.org', to: 'ana@example.com' },
      toData(Buffer.from('Subject: test\r\n\r\ntest\r\n')),
    );
    await relay.close();
    expect(handOver.ended).toBe('accepted');
    expect(signedIn).toEqual(['digest:sesame', 'digest:sesame']);
  });
});

test('STARTTLS is used if the relay offers it, and an untrusted certificate is still refused', async () => {
  const sink = await startSink({ starttls: true, auth: { user: 'digest', pass: 'sesame' } });
  const relay = openRelay(relayOf(`${sink.url}?tls=required`), 1);
  const handOver = await relay.handOver(
    { from: 'a@example.org', to: 'b@example.org' },
    toData(Buffer.from('A: b\r\n')),
  );
  expect(handOver).toMatchObject({
    ended: 'lost',
    error: expect.stringContaining('certificate is not trusted') as string,
  });
  await relay.close();
  await sink.close();
});
