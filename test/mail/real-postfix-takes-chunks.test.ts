// Postfix as Debian ships it offers CHUNKING: it stores the octets that we have, whichever way they came.
import { readdir, readFile, rm, chown } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { openLinks } from '../../src/delivery/message.js';
import { createVariantCache } from '../../src/delivery/variant-cache.js';
import { toData } from '../../src/mail/compose.js';
import type { Relays } from '../../src/mail/relays.js';
import { openSecrets } from '../../src/secrets.js';
import { temporaryFolder } from '../support/database.js';
import { closeAfterAll, useDatabase, useWorkers } from '../support/fixture.js';
import { baseUrl, issueFor, ledger, secretKey, sendAll } from '../support/newsroom.js';
import { startPostfix, whyNoPostfix, type TestPostfix } from '../support/postfix.js';
import { allowSlowTests } from '../support/time-limit.js';
import { waitUntil } from '../support/wait.js';

allowSlowTests();

/** Passes everything on, and keeps what the clients said. */
async function startTap(port: number) {
  let said = '';
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    near.on('data', (bytes: Buffer) => (said += bytes.toString('latin1')));
    near.pipe(far).pipe(near);
    for (const one of [near, far]) one.on('error', () => one.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The texts that went out in two chunks. */
    chunked: (): string[] =>
      [...said.matchAll(/BDAT 2\r\n(..)BDAT (\d+) LAST\r\n/gs)].map(
        ({ 0: all, 1: start, 2: size, index }) => {
          const from = index + all.length;
          return `${start}${said.slice(from, from + Number(size))}`;
        },
      ),
    close: () => void server.close(),
  };
}

(whyNoPostfix === '' ? describe : describe.skip)(`a real Postfix${whyNoPostfix}`, () => {
  const database = useDatabase();
  const workers = useWorkers(database);
  let postfix: TestPostfix;
  let tap: Awaited<ReturnType<typeof startTap>>;
  let folder: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
    await chown(folder, 65_534, 65_534);
    const maildirs = { 'raw.test': path.join(folder, 'raw'), 'readers.test': path.join(folder, 'readers') };
    postfix = await startPostfix({ transports: {}, maildirs });
    tap = await startTap(postfix.port);
  });
  closeAfterAll(async () => {
    tap.close();
    await postfix.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** The messages of a Maildir, with CRLF, and without the fields that Postfix puts on top. */
  async function stored(name: string, count: number): Promise<string[]> {
    const at = path.join(folder, name, 'new');
    const names = () => readdir(at).catch((): string[] => []);
    await waitUntil(async () => (await names()).length >= count, 60_000, `${count} mails in ${name}`);
    const mails = await Promise.all((await names()).map((one) => readFile(path.join(at, one), 'latin1')));
    return mails
      .map((mail) =>
        mail
          .replaceAll('\n', '\r\n')
          .replace(/^(?:(?:Return-Path|X-Original-To|Delivered-To|Received):.*\r\n(?:[ \t].*\r\n)*)+/, ''),
      )
      .toSorted();
  }

  /** Hands over all at once, so that Postfix shows that it keeps the order of replies. */
  async function takesAll(relays: Pick<Relays, 'requestPermit'>, texts: readonly string[]): Promise<void> {
    const permit = await relays.requestPermit();
    if (permit === undefined || 'wait' in permit) throw new Error('no permit');
    const envelope = { from: 'a@raw.test', to: 'b@raw.test' };
    const ends = await Promise.all(
      texts.map((text) => permit.relay.handOver(envelope, toData(Buffer.from(text)))),
    );
    permit.ended(ends);
    expect(ends.filter(({ ended }) => ended !== 'accepted')).toEqual([]);
  }

  test('stores texts with dots, 8-bit octets and much of them as they are', async () => {
    const { relays } = await workers(`${tap.url}?connections=1`);
    const lines = ['.', '..', '.a', 'grüße', 'BDAT 3 LAST', '.\r\n.', 'x'.repeat(900)];
    const texts = Array.from(
      { length: 12 },
      (_, n) =>
        `Subject: ${n}\r\nFrom: <a@raw.test>\r\nTo: <b@raw.test>\r\nDate: Mon, 30 Nov 2026 09:00:00 +0000\r\n` +
        `Message-ID: <${n}@raw.test>\r\n\r\n${`${lines.join('\r\n')}\r\n`.repeat(n === 11 ? 200 : n + 1)}`,
    );
    await takesAll(relays, texts);
    const wanted = texts.map((text) => Buffer.from(text).toString('latin1'));
    expect(await stored('raw', texts.length)).toEqual(wanted.toSorted());
    const inChunks = tap.chunked();
    expect(inChunks.length).toBeGreaterThanOrEqual(6);
    expect(wanted).toEqual(expect.arrayContaining(inChunks));
  });

  test('takes an issue in chunks, and each reader gets the octets of the digest once', async () => {
    const before = tap.chunked().length;
    const { issueId } = await issueFor(database.db, { 'readers.test': 40 }, { posts: 2 });
    const links = openLinks(openSecrets(secretKey), baseUrl, undefined, true);
    const worker = await workers(`${tap.url}?connections=1`);
    await takesAll(worker.relays, ['A: b\r\n', 'A: c\r\n', 'A: d\r\n', 'A: e\r\n']);
    await sendAll({ ...worker, links, variants: createVariantCache({ db: database.db, links }) }, issueId);
    expect(await ledger(database.db, issueId)).toEqual({ accepted: 40 });
    const mails = await stored('readers', 40);
    expect(new Set(mails.map((mail) => /^To: (.*)\r\n/m.exec(mail)?.[1])).size).toBe(40);
    const inChunks = tap.chunked().slice(before);
    expect(inChunks.length).toBeGreaterThanOrEqual(40);
    expect(inChunks).toEqual(expect.arrayContaining(mails));
  });
});
