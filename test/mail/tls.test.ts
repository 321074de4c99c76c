// TLS with relays: what each value of `tls` takes and refuses, and the words for what fails.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { readConfig } from '../../src/config/environment.js';
import type { RelayConfig } from '../../src/config/relays.js';
import { checkRelay, type RelayCheck } from '../../src/mail/check-relay.js';
import { toData } from '../../src/mail/compose.js';
import { openRelay } from '../../src/mail/relay.js';
import { tlsTrouble } from '../../src/mail/tls-trouble.js';
import { authority, issued, relayKey, selfSigned } from '../support/certificates.js';
import { temporaryFolder } from '../support/database.js';
import { inEnglish } from '../../src/languages/translate.js';
import { checkInEnglish } from './check-in-english.js';

const relayOf = (url: string): RelayConfig => {
  const [relay] = readConfig({ SMTP_URL: url }).relays ?? [];
  if (!relay) throw new Error('no relay');
  return relay;
};

interface TestRelay {
  port: number;
  /** For each message: whether it came over TLS. */
  messages: boolean[];
  /** For each sign-in: whether it came over TLS. */
  signIns: boolean[];
}

const servers: SMTPServer[] = [];
afterEach(async () => {
  await Promise.all(
    servers.splice(0).map((server) => new Promise<void>((done) => server.close(() => done()))),
  );
});

async function startRelay(options: SMTPServerOptions = {}): Promise<TestRelay> {
  const messages: boolean[] = [];
  const signIns: boolean[] = [];
  const server = new SMTPServer({
    key: relayKey,
    cert: selfSigned,
    logger: false,
    disableReverseLookup: true,
    authOptional: true,
    allowInsecureAuth: true,
    closeTimeout: 100,
    onAuth(_auth, session, callback) {
      signIns.push(session.secure);
      callback(null, { user: 'digest' });
    },
    onData(stream, session, callback) {
      stream.resume().once('end', () => {
        messages.push(session.secure);
        callback();
      });
    },
    ...options,
  });
  server.on('error', () => {}); // Clients break off handshakes.
  servers.push(server);
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
  return { port: (server.server.address() as AddressInfo).port, messages, signIns };
}

async function send(url: string): Promise<string> {
  const relay = openRelay(relayOf(url), 1);
  const envelope = { from: 'digest@example.org', to: 'ana@example.com' };
  const ended = await relay.handOver(envelope, toData(Buffer.from('Subject: a\r\n\r\nb\r\n')));
  await relay.close();
  return ended.ended === 'accepted' ? 'accepted' : 'error' in ended ? ended.error : ended.reply;
}

describe('a relay on this machine with a self-signed certificate, like Debian’s Postfix', () => {
  test('takes mail over TLS without any option', async () => {
    const relay = await startRelay();
    expect(await send(`smtp://localhost:${relay.port}`)).toBe('accepted');
    expect(relay.messages).toEqual([true]);
    expect(await checkRelay(relayOf(`smtp://localhost:${relay.port}`))).toEqual({ ok: true, secure: true });
  });

  test('takes mail over smtps:// without any option', async () => {
    const relay = await startRelay({ secure: true });
    expect(await send(`smtps://localhost:${relay.port}`)).toBe('accepted');
    expect(relay.messages).toEqual([true]);
  });

  test('is refused with tls=required, in words that name a way out', async () => {
    const relay = await startRelay();
    const said = await send(`smtp://localhost:${relay.port}?tls=required`);
    expect(said).toMatch(
      /certificate is not trusted: it is self-signed.*NODE_EXTRA_CA_CERTS.*tls=opportunistic/,
    );
    expect(relay.messages).toEqual([]);
  });

  test('gets no password, because it may be a false relay', async () => {
    const relay = await startRelay();
    const said = await send(`smtp://digest:sesame@localhost:${relay.port}`);
    expect(said).toMatch(/self-signed.*tls=off/);
    expect(await send(`smtp://digest:sesame@localhost:${relay.port}?tls=required`)).toMatch(/self-signed/);
    expect([relay.messages, relay.signIns]).toEqual([[], []]);
  });

  test('gets mail and password unencrypted with tls=off', async () => {
    const relay = await startRelay();
    expect(await send(`smtp://localhost:${relay.port}?tls=off`)).toBe('accepted');
    expect(await send(`smtp://digest:sesame@localhost:${relay.port}?tls=off`)).toBe('accepted');
    expect([relay.messages, relay.signIns]).toEqual([[false, false], [false]]);
  });
});

test('a relay without STARTTLS gets mail unless TLS is required', async () => {
  const relay = await startRelay({ disabledCommands: ['STARTTLS'] });
  expect(await send(`smtp://127.0.0.1:${relay.port}?tls=opportunistic`)).toBe('accepted');
  expect(await send(`smtp://127.0.0.1:${relay.port}?tls=required`)).toMatch(/TLS is required.*smtps:\/\//);
  expect(relay.messages).toEqual([false]);
});

test('a certificate for another name is told with its names, and tlsName takes one of them', async () => {
  const relay = await startRelay({ cert: issued });
  const folder = await temporaryFolder();
  const file = path.join(folder, 'authority.pem');
  await writeFile(file, authority);
  // Node reads NODE_EXTRA_CA_CERTS once, when a process starts.
  const script = `
    const { readConfig } = await import(${JSON.stringify(new URL('../../src/config/environment.js', import.meta.url).href)});
    const { checkRelay } = await import(${JSON.stringify(new URL('../../src/mail/check-relay.js', import.meta.url).href)});
    const { relays } = readConfig({ SMTP_URL: process.argv[1] });
    console.log(JSON.stringify(await Promise.all(relays.map((relay) => checkRelay(relay)))));`;
  const urls = [
    'tls=required',
    'tls=required&tlsName=smtp.relay.test',
    'tlsName=smtp.relay.test',
    'tlsName=other.test',
  ];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      script,
      urls.map((query) => `smtp://127.0.0.1:${relay.port}?${query}`).join(','),
    ],
    { env: { ...process.env, NODE_EXTRA_CA_CERTS: file } },
  );
  const reason = (check: RelayCheck) => (check.ok ? `ok, secure ${check.secure}` : inEnglish(check.reason));
  expect((JSON.parse(stdout) as RelayCheck[]).map(reason)).toEqual([
    expect.stringMatching(
      /for mail\.relay\.test, smtp\.relay\.test, not for 127\.0\.0\.1; .*tlsName=mail\.relay\.test/,
    ),
    'ok, secure true',
    'ok, secure true',
    expect.stringContaining('not for other.test'),
  ]);
});

describe('what fails is said in words, not in OpenSSL’s', () => {
  const plain = /^(?!.*(SSL routines|openssl|ERR_|0A0))/i;

  test('smtps:// on a port without TLS from the first byte', async () => {
    const { port } = await startRelay();
    const said = await send(`smtps://127.0.0.1:${port}`);
    expect(said).toMatch(plain);
    expect(said).toMatch(/use smtp:\/\//);
  });

  test.each([
    ['smtp', 'TLSv1'],
    ['smtps', 'TLSv1'],
    ['smtp', 'TLSv1.1'],
  ] as const)('%s:// with a relay that speaks %s only', async (protocol, version) => {
    const { port } = await startRelay({
      secure: protocol === 'smtps',
      minVersion: version,
      maxVersion: version,
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    const said = await send(`${protocol}://127.0.0.1:${port}`);
    expect(said).toMatch(plain);
    expect(said).toMatch(/the relay speaks TLS 1\.0 or 1\.1 only/);
  });

  test('smtp:// on a port for TLS from the first byte, within seconds', async () => {
    const { port } = await startRelay({ secure: true });
    const url = `smtp://127.0.0.1:${port}`;
    const [said, check] = await Promise.all([send(url), checkRelay(relayOf(url))]);
    expect(said).toMatch(/use smtps:\/\//);
    expect(checkInEnglish(check)).toEqual({
      ok: false,
      reason: expect.stringContaining('use smtps://') as string,
    });
  }, 60_000);

  test.each([
    ['ERR_SSL_DH_KEY_TOO_SMALL', /key .* too weak/],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', /no TLS cipher in common/],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', /client certificate/],
    ['ERR_SSL_UNEXPECTED_MESSAGE', /^TLS with the relay failed \(unexpected message\)/],
    ['CERT_HAS_EXPIRED', /has expired; renew it/],
    ['CERT_NOT_YET_VALID', /clocks/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /authority.*NODE_EXTRA_CA_CERTS/],
    ['CERT_CHAIN_TOO_LONG', /cert chain too long/],
  ])('%s', (code, sentence) => {
    const raw =
      '80BC:error:0A00010B:SSL routines:ssl3_read_bytes:unexpected message:../deps/openssl/a.c:350:\n';
    const error = Object.assign(new Error(raw), { code: 'ESOCKET', originalCode: code });
    const said = inEnglish(tlsTrouble(relayOf('smtp://relay.example'), error) ?? '');
    expect(said).toMatch(sentence);
    expect(said).toMatch(plain);
  });

  test('errors that are not about TLS stay as they are', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), {
      code: 'ESOCKET',
      originalCode: 'ECONNREFUSED',
    });
    expect(tlsTrouble(relayOf('smtp://relay.example'), refused)).toBeUndefined();
  });
});
