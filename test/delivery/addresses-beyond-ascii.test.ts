// RFC 6531 section 3.2: a local part beyond ASCII goes only to a relay that offers SMTPUTF8.
import { createMailer } from '../../src/mail/send.js';
import { useDatabase } from '../support/fixture.js';
import { deliveryDeps, issueFor, ledger, sendAll, testRelays } from '../support/newsroom.js';
import { answering, startScripted, type Answers, type ScriptedServer } from '../support/smtp-script.js';

const database = useDatabase();

/** A relay with these extensions, and the commands that it heard. */
async function relayWith(...extensions: string[]): Promise<ScriptedServer & { heard: string[] }> {
  const heard: string[] = [];
  const hello = ['scripted.test', ...extensions];
  const EHLO = hello.map((line, n) => `250${n === hello.length - 1 ? ' ' : '-'}${line}`).join('\r\n');
  const server = await startScripted((client) => {
    const listening = {
      ...client,
      async hear() {
        const line = await client.hear();
        // The script hears octets: the words are UTF-8.
        if (line !== undefined) heard.push(Buffer.from(line, 'latin1').toString('utf8'));
        return line;
      },
    };
    return answering({ EHLO } satisfies Answers)(listening);
  });
  return Object.assign(server, { heard });
}

/** An issue for four readers, of whom one has an umlaut before the @. */
async function issueWithUmlaut(): Promise<{ issueId: string; address: string }> {
  const made = await issueFor(database.db, 4);
  const address = `jörg${made.issueId}@readers.example.org`;
  await database.db.query('update subscribers set address = $2 where address_key = $1', [
    made.address(2),
    address,
  ]);
  return { issueId: made.issueId, address };
}

const named = (heard: readonly string[]) => heard.filter((line) => line.startsWith('RCPT'));

test('a relay without SMTPUTF8 hears nothing of the address; the delivery says why', async () => {
  const relay = await relayWith('PIPELINING', '8BITMIME');
  const { issueId, address } = await issueWithUmlaut();
  const deps = await deliveryDeps(database.db, relay.url);
  await sendAll(deps, issueId);
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 3, refused: 1 });
  const refused = await database.db.query(
    `select reason, reply from deliveries where issue_id = $1 and state = 'refused'`,
    [issueId],
  );
  expect(refused).toEqual([{ reason: 'unfit', reply: expect.stringContaining('does not offer SMTPUTF8') }]);
  expect(named(relay.heard)).toHaveLength(3);
  expect(relay.heard.join('\n')).not.toContain('jörg');
  const sent = await createMailer({ relays: deps.relays, now: () => new Date() }).send({
    from: { name: 'News', address: 'digest@example.org' },
    to: address,
    subject: 'x',
    html: '<p>x</p>',
    text: 'x',
  });
  expect(sent.outcome).toEqual({ outcome: 'refused', reason: 'unfit' });
  await deps.close();
  await relay.close();
});

test('another relay that offers SMTPUTF8 takes the address', async () => {
  const plain = await relayWith('PIPELINING');
  const able = await relayWith('PIPELINING', 'SMTPUTF8', '8BITMIME');
  const { issueId, address } = await issueWithUmlaut();
  // The plain relay has nearly all the weight, so that it gets the lot.
  const deps = await deliveryDeps(
    database.db,
    `${plain.url}?weight=1000&connections=5,${able.url}?connections=5`,
  );
  await sendAll(deps, issueId);
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 4 });
  expect(plain.heard.join('\n')).not.toContain('jörg');
  expect(able.heard).toContain(`RCPT TO:<${address}>`);
  expect(able.heard.find((line) => line.startsWith('MAIL'))).toContain('SMTPUTF8');
  await deps.close();
  await Promise.all([plain.close(), able.close()]);
});

test('while a relay that may have it is in trouble, the reader is deferred', async () => {
  const plain = await relayWith('PIPELINING');
  const down = await relayWith('SMTPUTF8');
  await down.close();
  const { issueId } = await issueWithUmlaut();
  const pauses = { first: 3_600_000, longest: 3_600_000 };
  const urls = `${plain.url}?connections=5,${down.url}?weight=1000&connections=5`;
  const deps = await deliveryDeps(database.db, urls, { pauses });
  await sendAll(deps, issueId);
  // The first lot found the trouble. The sweep enqueues the batch again.
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 3, queued: 1 });
  await sendAll(deps, issueId);
  expect(await ledger(database.db, issueId)).toEqual({ accepted: 3, deferred: 1 });
  await deps.close();
  await plain.close();
});

test('a confirmation takes the relay that offers it, too', async () => {
  const plain = await relayWith('PIPELINING');
  const able = await relayWith('SMTPUTF8');
  const relays = testRelays(`${plain.url}?weight=1000&connections=1,${able.url}?connections=1`);
  const { outcome } = await createMailer({ relays, now: () => new Date() }).send({
    from: { name: 'News', address: 'digest@example.org' },
    to: '用户@xn--fsqu00a.example',
    subject: 'x',
    html: '<p>x</p>',
    text: 'x',
  });
  expect(outcome).toEqual({ outcome: 'accepted' });
  expect(named(plain.heard)).toEqual([]);
  expect(named(able.heard)).toEqual(['RCPT TO:<用户@xn--fsqu00a.example>']);
  await relays.close();
  await Promise.all([plain.close(), able.close()]);
});
