// Two newsletters send at once through a slow relay. The small issue does not wait behind the large one.
import { getIssue } from '../../src/reports/progress.js';
import { sendBatch } from '../../src/delivery/send-batch.js';
import { batchWindow } from '../../src/issues/assemble.js';
import { openQueues } from '../../src/queues.js';
import { deliveriesWorker } from '../../workers/deliveries.js';
import { testDatabase } from '../support/database.js';
import { deliveryDeps, issueFor, ledger, quiet, rememberingQueue } from '../support/newsroom.js';
import { onEachQueue, startQueueBackend } from '../support/queues.js';
import { startSink } from '../support/smtp-sink.js';
import { waitUntil } from '../support/wait.js';

onEachQueue('a small issue beside a large one', (backend) => {
  test('is finished while the large one has hardly begun', async () => {
    const database = await testDatabase();
    const queue = await startQueueBackend(backend);
    const sink = await startSink({ reply: (stage) => (stage === 'dot' ? 20 : undefined) });
    const queues = openQueues({ queueUrl: queue.queueUrl, databaseUrl: database.url, log: quiet });
    const { enqueue } = queues;
    const deps = await deliveryDeps(database.db, sink.url, { enqueue, connections: 4 });
    const readers = 500 * (batchWindow + 4);
    const { issueId: large } = await issueFor(database.db, readers, { enqueue });
    queues.work('deliveries', deliveriesWorker({ ...deps, timeForBatch: 200 }), 2);
    await sink.waitFor(50, 30_000);
    const { issueId: small } = await issueFor(database.db, 40, { enqueue });
    const status = async () => (await getIssue(database.db, small))?.status;
    await waitUntil(async () => (await status()) === 'finished', 30_000, 'the small issue');
    expect(await ledger(database.db, small)).toEqual({ accepted: 40 });
    expect((await ledger(database.db, large))['queued']).toBeGreaterThan(readers / 2);
    await queues.close();
    await deps.close();
    await sink.close();
    await queue.close();
    await database.close();
  });
});

test('a batch that has used its time records its results and gets a new job with another id', async () => {
  const database = await testDatabase();
  const sink = await startSink({ reply: (stage) => (stage === 'dot' ? 20 : undefined) });
  const queue = rememberingQueue();
  const deps = await deliveryDeps(database.db, sink.url, { enqueue: queue.enqueue, connections: 2 });
  const { issueId } = await issueFor(database.db, 100);
  const short = { ...deps, timeForBatch: 100 };
  await sendBatch(short, { issueId, batch: 1 });
  const { accepted = 0, ...rest } = await ledger(database.db, issueId);
  expect(rest).toEqual({ queued: 100 - accepted });
  expect(accepted).toBe(sink.messages.length);
  const payload = { kind: 'batch', issueId, batch: 1 };
  expect(queue.jobs).toEqual([{ queue: 'deliveries', payload: { ...payload, again: 1 } }]);
  await sendBatch(short, { issueId, batch: 1, again: 1 });
  expect(queue.jobs[1]).toEqual({ queue: 'deliveries', payload: { ...payload, again: 2 } });
  await deps.close();
  await sink.close();
  await database.close();
});
