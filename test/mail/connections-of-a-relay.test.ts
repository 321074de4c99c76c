// A relay that takes fewer connections at once than SMTP_URL allows: it gets fewer, and no message fails.
import { minute } from '../../src/durations.js';
import { createLog } from '../../src/log.js';
import { decideOutcome, type HandOver } from '../../src/mail/outcome.js';
import { openRelays, type Relays } from '../../src/mail/relays.js';
import { openDatabase } from '../../src/db.js';
import { readConfig } from '../../src/config/environment.js';
import { answering, startScripted, type ScriptedServer } from '../support/smtp-script.js';

const refusal = '421 4.7.0 relay.example.org Error: too many connections from 127.0.0.1';
const data = Buffer.from('Subject: x\r\n\r\nx\r\n.\r\n');

let relay: ScriptedServer;
let relays: Relays;
let limit: number;
let time: number;
let warnings: { fields: Record<string, unknown>; text: string }[];
let refusedConnections: number;

async function start(script: Parameters<typeof startScripted>[0]): Promise<void> {
  relay = await startScripted(script);
  const { relays: configs = [] } = readConfig({ SMTP_URL: relay.url });
  const warn = (fields: Record<string, unknown>, text: string) => void warnings.push({ fields, text });
  relays = openRelays(configs, {
    db: openDatabase({ url: 'postgres://nowhere.invalid/none' }),
    log: Object.assign(createLog('silent', 'test'), { warn }),
    rank: { index: 0, of: 1 },
    clock: () => time,
  });
}

beforeEach(() => {
  [limit, time, refusedConnections, warnings] = [4, 0, 0, []];
});
afterEach(async () => {
  relays.cut();
  await relay.close();
});

/** A relay with room for `limit` connections, as Postfix has with smtpd_client_connection_count_limit. */
function crowded() {
  let open = 0;
  return async (client: Parameters<ReturnType<typeof answering>>[0]) => {
    if (open >= limit) {
      refusedConnections += 1;
      client.say(refusal);
      return client.end();
    }
    open += 1;
    try {
      await answering({})(client);
    } finally {
      open -= 1;
    }
  };
}

/** Hands over the relay's next lot. Undefined: it takes none now. */
async function sendLot(): Promise<HandOver[] | undefined> {
  const permit = await relays.requestPermit();
  if (permit === undefined || 'wait' in permit) return undefined;
  const handOvers = await Promise.all(
    Array.from({ length: permit.limit }, (_, n) =>
      permit.relay.handOver({ from: 'digest@example.org', to: `reader${n}@example.org` }, data),
    ),
  );
  permit.ended(handOvers);
  return handOvers;
}

const condition = () => Object.values(relays.conditions())[0];
const circuit = () => Object.values(relays.circuits())[0];

test('10 connections to a relay that takes 4: every message is accepted, over 4', async () => {
  await start(crowded());
  const first = await sendLot();
  expect(first?.map(({ ended }) => ended)).toEqual(Array(10).fill('accepted'));
  expect(circuit()).toBe('closed');
  expect(condition()).toEqual({ share: 10, used: 4, asked: refusal });
  for (let lot = 0; lot < 5; lot += 1) expect(await sendLot()).toHaveLength(4);
  expect(relay.messages).toHaveLength(30);
  expect(refusedConnections).toBe(6);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]?.text).toContain("SMTP_URL's option connections=4");
  expect(warnings[0]?.fields).toMatchObject({ connections: 4, reply: refusal });
});

test('one connection more is tried now and then, and all are used once the relay takes them', async () => {
  await start(crowded());
  await sendLot();
  time += 61_000;
  expect((await sendLot())?.every(({ ended }) => ended === 'accepted')).toBe(true);
  expect(refusedConnections).toBe(7);
  expect(condition()).toMatchObject({ used: 4 });
  // The next pause is twice as long.
  time += 61_000;
  await sendLot();
  expect(refusedConnections).toBe(7);
  limit = 100;
  for (let more = 0; more < 10; more += 1) {
    time += 2 * minute;
    await sendLot();
  }
  expect(condition()).toEqual({ share: 10, used: 10 });
  expect(circuit()).toBe('closed');
});

test('a relay that is full of other clients is in trouble, and gets one connection when it takes messages again', async () => {
  limit = 0;
  await start(crowded());
  const refused = await sendLot();
  expect(refused?.map((one) => decideOutcome(one).outcome)).toEqual(Array(10).fill('relay-trouble'));
  expect(circuit()).toBe('open');
  limit = 2;
  time += 10_000;
  expect(await sendLot()).toMatchObject([{ ended: 'accepted' }]);
  expect(circuit()).toBe('closed');
});

test('“sender thread limit exceeded” lowers the connections; the messages stay queued, and the circuit closed', async () => {
  let busy = 0;
  await start(async (client) => {
    client.say('220 scripted.test ESMTP');
    for (let line = await client.hear(); line !== undefined; line = await client.hear()) {
      if (line === 'QUIT') {
        client.say('221 bye');
        return client.end();
      }
      if (line !== 'DATA') {
        client.say('250 fine');
        continue;
      }
      client.say('354 go on');
      busy += 1;
      const isTooMany = busy > 3;
      await client.hearMessage();
      // The others' messages must have come too before this one is judged.
      await new Promise((resolve) => setTimeout(resolve, 100));
      client.say(isTooMany ? '432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded' : '250 taken');
      busy -= 1;
    }
  });
  for (let lot = 0; lot < 6; lot += 1) {
    const handOvers = (await sendLot()) ?? [];
    const outcomes = new Set(handOvers.map((one) => decideOutcome(one).outcome));
    expect([...outcomes].filter((one) => one !== 'accepted' && one !== 'relay-trouble')).toEqual([]);
    expect(circuit()).toBe('closed');
  }
  expect(condition()?.used).toBeLessThanOrEqual(3);
  expect((await sendLot())?.every(({ ended }) => ended === 'accepted')).toBe(true);
});
