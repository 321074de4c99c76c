// The upkeep queue: the sweep finds the work of lost jobs and dead processes, and deletes old data.
import { enqueueAccountMails } from '../src/account-mails/send-account-mails.js';
import type { ForgetDeps } from '../src/forget-lot.js';
import { createDeliverabilityWatch, type DeliverabilityDeps } from '../src/deliverability/watch.js';
import { forgetting } from '../src/people/forget.js';
import { summing } from '../src/people/sum-up.js';
import { recover } from '../src/delivery/recover.js';
import { enqueueUnassembled } from '../src/issues/assemble.js';
import { decideUnreviewed } from '../src/issues/decide-unreviewed.js';
import type { Log } from '../src/log.js';
import type { Enqueue } from '../src/queues.js';
import { enqueueUnsentConfirmations, expireUnconfirmed } from '../src/joining/resume-confirmations.js';
import { enqueueDueNotices } from '../src/joining/send-notices.js';
import { enqueueUnsentAddressMails } from '../src/preferences/send-address-mails.js';
import { enqueueUnfinishedImports } from '../src/imports/resume-imports.js';

export type UpkeepDeps = ForgetDeps & DeliverabilityDeps & { enqueue: Enqueue; log: Log };

export const upkeepSteps: Readonly<Record<string, (deps: UpkeepDeps) => Promise<unknown>>> = {
  recover,
  decideUnreviewed,
  enqueueUnassembled,
  enqueueAccountMails,
  enqueueUnsentConfirmations,
  enqueueDueNotices,
  enqueueUnsentAddressMails,
  expireUnconfirmed,
  enqueueUnfinishedImports,
  ...summing,
  watchDeliverability: createDeliverabilityWatch(),
  ...forgetting,
};

/** The steps are independent: if one fails, the others still run. */
export function upkeepWorker(deps: UpkeepDeps) {
  return async (): Promise<void> => {
    for (const [step, work] of Object.entries(upkeepSteps))
      await work(deps).catch((err: unknown) => deps.log.error({ err, step }, 'upkeep: a step failed'));
  };
}
