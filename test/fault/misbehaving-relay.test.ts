// The delivery's state after a hand-over to a misbehaving relay:
// - refused or deferred if a reply was about the reader;
// - queued if the relay was in trouble before it asked for the message;
// - uncertain only after that.
import { sendBatch } from '../../src/delivery/send-batch.js';
import { assembleNow } from '../../src/issues/assemble-now.js';
import { assemble } from '../../src/issues/assemble.js';
import { useDatabase } from '../support/fixture.js';
import { misbehaviours, shortTimeouts } from '../support/misbehaviour.js';
import { assembleDeps, deliveryDeps, makeNewsletter, makePosts, makeReaders } from '../support/newsroom.js';
import { answering, startScripted } from '../support/smtp-script.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

const database = useDatabase();

let number = 0;

async function issueForOne(): Promise<string> {
  const { db } = database;
  number += 1;
  const { id } = await makeNewsletter(db, { name: `Misled ${number}` });
  await makePosts(db, id, 1);
  await makeReaders(db, id, 1, { prefix: `misled${number}-` });
  const deps = assembleDeps(db);
  const made = await assembleNow(deps, { newsletterId: id });
  if (made.status !== 'created') throw new Error(made.status);
  await assemble(deps, made.issueId);
  return made.issueId;
}

// The ledger does not depend on pipelining, so these rows suffice.
const heardOf = new Set<unknown>(['rcpt', 'data', 'message']);
const told = misbehaviours.filter(({ name }) => !name.includes('without PIPELINING'));

test.each(told)('$name: $state', async ({ answers, handOver, state }) => {
  const issueId = await issueForOne();
  const relay = await startScripted(answering(answers));
  const deps = await deliveryDeps(database.db, relay.url, {
    connections: 1,
    timeouts: shortTimeouts,
    pauses: { first: 60_000, longest: 60_000 },
  });
  await sendBatch(deps, { issueId, batch: 1 });
  const [delivery] = await database.db.query<Record<string, unknown>>(
    `select d.state, d.attempts, d.reply_code, d.due_at is not null as is_due, d.worker_id, a.outcome, a.stage
     from deliveries d left join attempts a using (issue_id, subscriber_id) where d.issue_id = $1`,
    [issueId],
  );
  expect(delivery).toMatchObject({
    state,
    // Trouble before the relay has heard of the reader does not count as an attempt.
    attempts: state === 'queued' && !heardOf.has(delivery?.['stage']) ? 0 : 1,
    isDue: state === 'deferred',
    workerId: null,
    outcome: state === 'accepted' ? null : state,
    ...('code' in handOver ? { replyCode: handOver.code } : {}),
    ...('stage' in handOver ? { stage: handOver.stage } : {}),
  });
  await deps.close();
  await relay.close();
});
