// Who took an issue's messages, and what holds it up.
import { assembleNow } from '../../src/issues/assemble-now.js';
import { assemble } from '../../src/issues/assemble.js';
import { getIssue, getIssueProgress } from '../../src/delivery/progress.js';
import { sendBatch } from '../../src/delivery/send-batch.js';
import { tellCircuits } from '../../src/delivery/tally.js';
import { countTotals } from '../../src/delivery/totals.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import {
  assembleDeps,
  deliveryDeps,
  makeNewsletter,
  makePosts,
  makeReaders,
  rememberingQueue,
} from '../support/newsroom.js';
import { startSink } from '../support/smtp-sink.js';
import { waitUntil } from '../support/wait.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

async function issueFor(readers: Record<string, number>): Promise<string> {
  const { id } = await makeNewsletter(database.db);
  await makePosts(database.db, id, 1);
  for (const [domain, count] of Object.entries(readers))
    await makeReaders(database.db, id, count, { prefix: `${id}-`, domain });
  const assembling = assembleDeps(database.db, rememberingQueue().enqueue);
  const made = await assembleNow(assembling, { newsletterId: id });
  if (made.status !== 'created') throw new Error(made.status);
  await assemble(assembling, made.issueId);
  return made.issueId;
}

test('hand-overs are summed by relay and by provider within a second or two, and what holds readers up is named', async () => {
  const [first, second] = [await startSink(), await startSink()];
  const issueId = await issueFor({ 'gmail.com': 6, 'yahoo.de': 5, 'example.com': 20, 'example.net': 20 });
  const asksForLess = (stage: string, { rcpt = '' }) =>
    stage === 'rcpt' && rcpt.endsWith('@yahoo.de')
      ? { code: 451, text: '4.7.0 [TSS04] deferred' }
      : undefined;
  first.onStage(asksForLess);
  second.onStage(asksForLess);
  const deps = await deliveryDeps(database.db, `${first.url}?connections=2,${second.url}?connections=2`);
  await sendBatch(deps, { issueId, batch: 1 });
  const look = () => getIssueProgress(database.db, issueId);
  const told = async () => (await look())?.relays.reduce((sum, { accepted }) => sum + accepted, 0);
  await waitUntil(async () => (await told()) === 46, 10_000, 'progress');
  const issue = await look();
  expect(issue?.counts.accepted).toBe(46);
  expect(issue?.relays.map(({ name }) => name).toSorted()).toEqual(
    Object.keys(deps.relays.circuits()).toSorted(),
  );
  expect(issue?.domainGroups).toMatchObject([
    { name: 'others', accepted: 40, deferred: 0 },
    { name: 'google', accepted: 6 },
    { name: 'yahoo', accepted: 0, deferred: issue?.counts.deferred },
  ]);
  const [relay = ''] = Object.keys(deps.relays.circuits());
  await tellCircuits(database.db, deps.workerId, { ...deps.relays.circuits(), [relay]: 'open' });
  expect((await getIssue(database.db, issueId))?.holdUps).toEqual([
    { kind: 'provider', name: 'yahoo', until: expect.any(Date), detail: expect.stringContaining('TSS04') },
    { kind: 'relay', name: relay, until: null, detail: 'in trouble, for 1 worker' },
  ]);
  const totals = await countTotals(database.db);
  expect(totals.slowed).toEqual([{ group: 'yahoo', step: 1 }]);
  expect(totals.circuits).toContainEqual({ relay, state: 'open', workers: 1 });
  expect(totals.handOvers).toContainEqual({
    relay,
    domainGroup: 'others',
    deferred: 0,
    refused: 0,
    uncertain: 0,
    accepted: expect.any(Number),
  });
  await deps.close();
  await first.close();
  await second.close();
});
