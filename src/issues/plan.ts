// Each minute: which subscriptions have fallen due since we last asked? A slot with someone due becomes one issue.
import type { Db } from '../db.js';
import { eachPlanned, type Planned } from '../newsletters/each-planned.js';
import type { Enqueue } from '../queues.js';
import { enqueueUnassembled } from './assemble.js';
import { decideUnreviewed } from './decide-unreviewed.js';
import { getHold } from '../lifeline/lifeline.js';
import { movePlannedThrough } from '../newsletters/watermarks.js';
import { hasNews, insertScheduledIssue } from './store-plan.js';

export interface PlanDeps {
  db: Db;
  enqueue: Enqueue;
  now: () => Date;
}

const minute = 60_000;

/** Plans every newsletter and wakes what is to be assembled. Two planners at once, or a replay, make one issue. */
export async function plan(deps: PlanDeps): Promise<void> {
  if (await getHold(deps.db)) return;
  for (const planned of await eachPlanned(deps.db)) await planNewsletter(deps, planned);
  await decideUnreviewed(deps);
  await enqueueUnassembled(deps);
}

async function planNewsletter(deps: PlanDeps, { newsletter, plannedThrough, slots }: Planned): Promise<void> {
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
  await deps.db.transaction(async (tx) => {
    if (!(await movePlannedThrough(tx, newsletter.id, plannedThrough, until))) return;
    for (const due of slots(after, until)) {
      if (!(await hasNews(tx, newsletter.id, due))) continue;
      await insertScheduledIssue(tx, { newsletterId: newsletter.id, review: schedule.review, ...due });
    }
  });
}
