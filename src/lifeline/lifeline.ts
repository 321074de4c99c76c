// A database that is put back to an earlier state (a backup, a stand-by that lagged behind) does not know what was sent
// since: it would send yesterday's digest again. So whoever works with it beats:
//
//   1. witnesses outside of it say what they have seen: this process, a file in DATA_DIR, Redis where the queue is there
//   2. the database counts the beat, and says what it was before
//   3. do they agree (judge-database.ts)? If not, all sending is held: nothing is planned, assembled or handed over,
//      issues under way are paused, and log, console, API and metrics say why
//   4. the witnesses are told of this beat
//
// A person lets go (release-sending.ts): they know whether what was lost had been sent.
import type { Db } from '../db.js';
import type { Log } from '../log.js';
import { eachPlanned } from '../newsletters/each-planned.js';
import { judgeDatabase, type Judgement, type Mark } from './judge-database.js';
import { beat, hold, selectDatabaseId, selectHold, selectPlace, type HoldRow } from './store.js';

/** Something outside of the database that remembers the last beat. */
export interface Witness {
  read(databaseId: string): Promise<Mark | undefined>;
  write(databaseId: string, mark: { beat: number; at: Date }): Promise<void>;
}

interface LifelineDeps {
  db: Db;
  log: Log;
  now: () => Date;
  witnesses: readonly Witness[];
  /** Stops what would send, within the transaction that holds all sending. `first`: it was not held before. */
  stop: (tx: Db, held: { reason: string; first: boolean }) => Promise<void>;
}

export interface Lifeline {
  /** Throws if the database is away; a witness that is away is none. */
  beat(): Promise<void>;
}

const day = 24 * 3_600_000;

export function createLifeline(deps: LifelineDeps): Lifeline {
  const { db, log, now } = deps;
  let own: { databaseId: string; mark: Mark } | undefined;

  async function readMarks(databaseId: string): Promise<Mark[]> {
    const read = await Promise.all(
      deps.witnesses.map((witness) => witness.read(databaseId).catch(() => undefined)),
    );
    const mine = own?.databaseId === databaseId ? own.mark : undefined;
    return [mine, ...read].filter((mark) => mark !== undefined);
  }

  return {
    async beat() {
      const place = await selectPlace(db);
      const known = await selectDatabaseId(db);
      // Asked before the beat: what another process notes meanwhile would be more than we know of.
      const asked = known === undefined ? [] : await readMarks(known);
      const seen = await beat(db, place);
      const marks = seen.databaseId === known ? asked : [];
      const judgement = judgeDatabase(
        {
          beat: seen.beatBefore,
          at: seen.beatAtBefore ?? undefined,
          place: seen.placeBefore ?? undefined,
        },
        marks,
        place,
      );
      const reason = await reasonToHold(deps, judgement);
      if (reason !== undefined && judgement.is !== 'the-same') {
        const held = await db.transaction(async (tx) => {
          const first = await hold(tx, {
            reason,
            lostFrom: judgement.lostFrom ?? null,
            lostUntil: judgement.is === 'behind' ? judgement.lostUntil : null,
            beat: judgement.is === 'behind' ? judgement.beat : seen.beat,
          });
          await deps.stop(tx, { reason, first });
          return first;
        });
        if (held)
          log.error({ reason }, 'sending is held until somebody lets go: daily-digest sending release');
        // The next beat tells the witnesses.
        return;
      }
      const mark = { beat: seen.beat, at: now() };
      own = { databaseId: seen.databaseId, mark: { ...mark, copied: false } };
      for (const witness of deps.witnesses)
        await witness
          .write(seen.databaseId, mark)
          .catch((err: unknown) => log.debug({ err }, 'lifeline: a witness was not told'));
    },
  };
}

async function reasonToHold(deps: LifelineDeps, judgement: Judgement): Promise<string | undefined> {
  switch (judgement.is) {
    case 'the-same':
      return undefined;
    case 'behind': {
      const from = judgement.lostFrom?.toISOString() ?? 'an earlier state';
      return (
        `the database was put back to ${from}; what happened up to ${judgement.lostUntil.toISOString()} is not in it, ` +
        'and digests of that time would go out again'
      );
    }
    case 'elsewhere':
      // Moved while nothing was due, it makes no difference what it forgot.
      return (await wasDueSince(deps, judgement.lostFrom))
        ? `the database is elsewhere than it was at ${judgement.lostFrom.toISOString()}, nothing outside of it can tell ` +
            'whether it was put back, and an issue was due since then'
        : undefined;
  }
}

/** Whether any newsletter had a slot since. */
async function wasDueSince({ db, now }: LifelineDeps, since: Date): Promise<boolean> {
  const until = now();
  // Whoever reads weekly was due within eight days.
  const after = new Date(Math.max(since.getTime(), until.getTime() - 8 * day));
  return (await eachPlanned(db)).some(({ slots }) => slots(after, until).length > 0);
}

export type { HoldRow } from './store.js';

/** Since when and why nothing is sent; undefined: sending is not held. */
export function getHold(db: Db): Promise<HoldRow | undefined> {
  return selectHold(db);
}
