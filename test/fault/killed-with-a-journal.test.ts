// The journal of a killed worker tells which deliveries of its lot were in flight: only these are uncertain.
import { rmSync, writeFileSync } from 'node:fs';
import { folderOf, journalFolders, markOf } from '../../src/journal/folder.js';
import { readJournal, readMark } from '../../src/journal/read-journal.js';
import { settleDeadWorkers } from '../../src/delivery/settle-dead-workers.js';
import { ledger, noted, quiet } from '../support/newsroom.js';
import { connections, openScene, type Scene } from '../support/scene.js';
import type { StageInfo, Stage } from '../support/smtp-sink.js';
import { allowSlowTests } from '../support/time-limit.js';
import { waitUntil } from '../support/wait.js';
import { testDataDir, type WorkerProcess } from '../support/worker-process.js';

allowSlowTests();

const readers = 60;
const never = () => new Promise<undefined>(() => {});

// The queue carries no journal, so one backend is enough.
describe('a worker that is killed within a lot', () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await openScene({ backend: 'postgres', readers });
  });
  afterEach(() => scene.close());

  /** Starts a worker whose relay never answers the stages that `holds` names. Resolves when `count` are held. */
  async function holdUp(
    holds: (stage: Stage, info: StageInfo) => boolean,
    count: number,
  ): Promise<WorkerProcess> {
    let held = 0;
    scene.sink.onStage((stage, info) => {
      if (!holds(stage, info)) return undefined;
      held += 1;
      return never();
    });
    const worker = await scene.startWorker();
    await waitUntil(() => held >= count, 60_000, 'the relay to hold messages');
    return worker;
  }
  const journalOf = async () => {
    const { instance } = await scene.db.one<{ instance: string }>(
      'select instance from delivery_workers order by id desc limit 1',
    );
    return folderOf(testDataDir(), instance);
  };
  const sending = async () => (await ledger(scene.db, scene.issueId))['sending'] ?? 0;

  test('before any text: nothing is uncertain, and everybody gets the mail', async () => {
    const worker = await holdUp((stage) => stage === 'rcpt', connections);
    expect(await sending()).toBeGreaterThanOrEqual(connections);
    await scene.kill(worker);
    expect(await ledger(scene.db, scene.issueId)).toEqual({ queued: readers });
    await scene.startWorker();
    expect(await scene.finish({ uncertainAtMost: 0 })).toMatchObject({ accepted: readers });
  });

  test('with three messages in flight: three are uncertain, and answers that were not recorded are', async () => {
    const unlucky = new Set<string>();
    const worker = await holdUp((stage, { to: [address = ''] }) => {
      if (stage !== 'dot') return false;
      if (unlucky.size < 3) unlucky.add(address);
      return unlucky.has(address);
    }, 3);
    const claimed = await sending();
    const folder = await journalOf();
    await waitUntil(() => readJournal(folder)?.ended.length === claimed - 3, 60_000, 'the other answers');
    await scene.kill(worker);
    expect(await ledger(scene.db, scene.issueId)).toEqual({
      accepted: claimed - 3,
      sending: 3,
      queued: readers - claimed,
    });
    expect(journalFolders(testDataDir())).not.toContain(folder);
    await scene.startWorker();
    expect(await scene.finish({ uncertainAtMost: 3 })).toMatchObject({
      accepted: readers - 3,
      uncertain: 3,
    });
    const uncertain = await scene.db.query<{ address: string }>(
      `select r.address from deliveries d join subscribers r on r.id = d.subscriber_id
       where d.issue_id = $1 and d.state = 'uncertain'`,
      [scene.issueId],
    );
    expect(new Set(uncertain.map(({ address }) => address))).toEqual(unlucky);
  });

  test.each([
    ['has lost its journal', (folder: string) => rmSync(folder, { recursive: true })],
    [
      'ran before the machine was restarted',
      (folder: string) =>
        writeFileSync(markOf(folder), JSON.stringify({ ...readMark(folder), boot: 'an earlier one' })),
    ],
    ['has a torn journal', (folder: string) => writeFileSync(`${folder}/9.lot`, '{"began":{"issue')],
  ])('and %s: its whole lot is uncertain', async (_, spoil) => {
    const worker = await holdUp((stage) => stage === 'rcpt', connections);
    const folder = await journalOf();
    spoil(folder);
    const claimed = await sending();
    await scene.kill(worker);
    await scene.startWorker();
    const counts = await scene.finish({ uncertainAtMost: claimed });
    expect(counts).toMatchObject({ uncertain: claimed, accepted: readers - claimed });
  });

  test('is not taken for dead while it is stopped', async () => {
    const worker = await holdUp((stage) => stage === 'rcpt', connections);
    const claimed = await sending();
    process.kill(worker.pid, 'SIGSTOP');
    await settleDeadWorkers({ db: scene.db, log: quiet, noteRefusals: noted, dataDir: testDataDir() });
    expect(await sending()).toBe(claimed);
    process.kill(worker.pid, 'SIGCONT');
  });
});
