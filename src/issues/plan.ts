// Each minute: which subscriptions have fallen due since we last asked? A slot with someone due becomes one issue.
import type { Db } from '../db.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { Enqueue } from '../queues.js';
import { enqueueUnassembled } from './assemble.js';
import { decideUnreviewed } from './decide-unreviewed.js';
import { dueSlots, type ReadingTimeRow } from '../newsletters/due-slots.js';
import { selectHold } from '../lifeline/store.js';
import * as store from './store.js';

export interface PlanDeps {
  db: Db;
  enqueue: Enqueue;
  now: () => Date;
}

const minute = 60_000;

/** Plans every newsletter and wakes what is to be assembled. Two planners at once, or a replay, make one issue. */
export async function plan(deps: PlanDeps): Promise<void> {
  if (await selectHold(deps.db)) return;
  const readingTimes = await store.selectReadingTimes(deps.db);
  for (const planned of await store.selectPlanned(deps.db)) {
    const newsletter = await getNewsletter(deps.db, planned.id);
    if (newsletter === undefined) continue;
    const own = readingTimes.filter((reading) => reading.newsletterId === planned.id);
    await planNewsletter(deps, newsletter, planned.plannedThrough, own);
  }
  await decideUnreviewed(deps);
  await enqueueUnassembled(deps);
}

async function planNewsletter(
  deps: PlanDeps,
  newsletter: Newsletter,
  plannedThrough: Date,
  readingTimes: readonly ReadingTimeRow[],
): Promise<void> {
  const { schedule } = newsletter;
  // An issue is made at its cut-off, which lies before its slot.
  const until = new Date(deps.now().getTime() + schedule.cutoffMinutes * minute);
  // A clock that was wrong for a while left slots behind that nobody has looked at. A slot that has its issue keeps it.
  const tolerated = Math.max(schedule.lateAfterMinutes, 60) * minute;
  const clockWasAhead = plannedThrough.getTime() - until.getTime() > tolerated;
  if (until <= plannedThrough && !clockWasAhead) return;
  // What was missed longer ago is not sent late: its posts join the next issue.
  const tooLate = deps.now().getTime() - schedule.lateAfterMinutes * minute;
  const after = new Date(clockWasAhead ? tooLate - 1 : Math.max(plannedThrough.getTime(), tooLate - 1));
  const slots = dueSlots(newsletter, readingTimes, after, until);
  await deps.db.transaction(async (tx) => {
    if (!(await store.movePlannedThrough(tx, newsletter.id, plannedThrough, until))) return;
    for (const due of slots) {
      if (!(await store.hasNews(tx, newsletter.id, due))) continue;
      await store.insertScheduledIssue(tx, { newsletterId: newsletter.id, review: schedule.review, ...due });
    }
  });
}
