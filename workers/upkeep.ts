// The upkeep queue: the sweep finds what a lost job or a dead process left, and forgets what is over.
import { forgetLimits } from '../src/accounts/forget-limits.js';
import { forgetSessions } from '../src/accounts/forget-sessions.js';
import { forgetAnswers } from '../src/api/idempotency.js';
import type { Db } from '../src/db.js';
import { recover } from '../src/delivery/recover.js';
import { enqueueUnassembled } from '../src/issues/assemble.js';
import { decideUnreviewed } from '../src/issues/decide-unreviewed.js';
import { enqueueUntold } from '../src/issues/tell-reviewers.js';
import type { Log } from '../src/log.js';
import type { Enqueue } from '../src/queues.js';
import { forgetChallenges } from '../src/subscribers/forget-challenges.js';
import { enqueueUnsentConfirmations, expireUnconfirmed } from '../src/subscribers/resume-confirmations.js';
import { enqueueDueNotices } from '../src/subscribers/send-notices.js';
import { enqueueUnsentAddressMails } from '../src/subscribers/send-address-mails.js';
import { enqueueUnfinishedImports } from '../src/subscribers/resume-imports.js';

export type UpkeepDeps = { db: Db; enqueue: Enqueue; log: Log; now: () => Date };

const steps: Record<string, (deps: UpkeepDeps) => Promise<unknown>> = {
  recover,
  decideUnreviewed,
  enqueueUnassembled,
  enqueueUntold,
  enqueueUnsentConfirmations,
  enqueueDueNotices,
  enqueueUnsentAddressMails,
  expireUnconfirmed,
  enqueueUnfinishedImports,
  forgetSessions,
  forgetLimits,
  forgetChallenges,
  forgetAnswers,
};

/** Each step stands alone: one that fails does not keep the others from being done. */
export function upkeepWorker(deps: UpkeepDeps) {
  return async (): Promise<void> => {
    for (const [name, step] of Object.entries(steps))
      await step(deps).catch((error: unknown) =>
        deps.log.error({ err: error, step: name }, 'upkeep: a step failed'),
      );
  };
}
