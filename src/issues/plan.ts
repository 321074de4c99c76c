// Each minute: which subscriptions have fallen due since the last time? A slot with due readers becomes one
// issue.
import type { Db } from '../db.js';
import { minute } from '../durations.js';
import { eachPlanned, type Planned } from '../newsletters/each-planned.js';
import type { Enqueue } from '../queues.js';
import { enqueueUnassembled } from './assemble.js';
import { decideUnreviewed } from './decide-unreviewed.js';
import { getHold } from '../lifeline/lifeline.js';
import { movePlannedThrough } from '../newsletters/watermarks.js';
import { inStep } from '../telemetry/trace.js';
import { hasNews, insertScheduledIssue } from './store-plan.js';

export interface PlanDeps {
  db: Db;
  enqueue: Enqueue;
  now: () => Date;
}

/**
 * Plans every newsletter, and wakes what is to be assembled. Two planners at once, or a replay, make one
 * issue.
 */
export async function plan(deps: PlanDeps): Promise<void> {
  if (await getHold(deps.db)) return;
  for (const planned of await eachPlanned(deps.db)) await planNewsletter(deps, planned);
  await decideUnreviewed(deps);
  await enqueueUnassembled(deps);
}

async function planNewsletter(deps: PlanDeps, { newsletter, plannedThrough, slots }: Planned): Promise<void> {
  const { schedule } = newsletter;
  // An issue is made at its cut-off, before its slot.
  const until = new Date(deps.now().getTime() + schedule.cutoffMinutes * minute);
  // After a clock that ran ahead, slots remain that were never looked at. A slot with an issue keeps that
  // issue.
  const tolerated = Math.max(schedule.lateAfterMinutes, 60) * minute;
  const clockWasAhead = plannedThrough.getTime() - until.getTime() > tolerated;
  if (until <= plannedThrough && !clockWasAhead) return;
  // An older slot is not made up for: its posts join the next issue. So do those of slots that a pause has passed over.
  const tooLate = deps.now().getTime() - schedule.lateAfterMinutes * minute;
  const after = new Date(clockWasAhead ? tooLate - 1 : Math.max(plannedThrough.getTime(), tooLate - 1));
  await deps.db.transaction(async (tx) => {
    if (!(await movePlannedThrough(tx, newsletter.id, plannedThrough, until)) || schedule.paused) return;
    for (const due of slots(after, until)) {
      if (!(await hasNews(tx, newsletter.id, due))) continue;
      const about = { 'digest.newsletter_id': newsletter.id, 'digest.slot': due.slot.toISOString() };
      await inStep('plan issue', about, async (span) => {
        const issue = { newsletterId: newsletter.id, review: schedule.review, ...due };
        const issueId = await insertScheduledIssue(tx, issue);
        span.note(issueId === undefined ? { 'digest.planned': false } : { 'digest.issue_id': issueId });
      });
    }
  });
}
