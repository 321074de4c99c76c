// A batch that is queued again is not lost, although the jobs before it have not ended yet.
import { nextJob } from '../../src/delivery/requeue-batch.js';
import { openQueues, type Payload } from '../../src/queues.js';
import { useDatabase } from '../support/fixture.js';
import { quiet } from '../support/newsroom.js';
import { onEachQueue, startQueueBackend } from '../support/queues.js';
import { waitUntil } from '../support/wait.js';

const database = useDatabase();

test('four ids take turns, and the first is that of the sweep', () => {
  const ids: Payload<'deliveries'>[] = [];
  for (let job = nextJob({ issueId: '7', batch: 2 }); ids.length < 4; job = nextJob(job)) ids.push(job);
  const batch = { kind: 'batch', issueId: '7', batch: 2 };
  expect(ids).toEqual([{ ...batch, again: 1 }, { ...batch, again: 2 }, { ...batch, again: 3 }, batch]);
});

onEachQueue('a batch', (backend) => {
  test('is queued again while the three jobs before it are still ending', async () => {
    const place = await startQueueBackend(backend);
    const queues = openQueues({ queueUrl: place.queueUrl, databaseUrl: database.url, log: quiet });
    const started: (number | undefined)[] = [];
    let end: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => (end = resolve));
    const handler = async (job: Payload<'deliveries'>) => {
      started.push(job.again);
      if (started.length < 4) await queues.enqueue('deliveries', nextJob(job));
      await slow;
    };
    queues.work('deliveries', handler, 4);
    await queues.enqueue('deliveries', { kind: 'batch', issueId: '7', batch: 1 });
    await waitUntil(() => started.length === 4, 60_000, 'four jobs at once');
    expect(started).toEqual([undefined, 1, 2, 3]);
    end();
    await queues.close();
    await place.close();
  });
});
