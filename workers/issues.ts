// The issues queue: plans issues each minute, takes each issue from its slot to its deliveries, and does what an admin
// decided about many of them.
import { accountMailRenderers, type AccountMailRendererDeps } from '../src/account-mail-renderers.js';
import { sendAccountMails, type SendAccountMailsDeps } from '../src/account-mails/send-account-mails.js';
import { judgeClock } from '../src/clock.js';
import { runProblemAct } from '../src/delivery/problems/act-on-problem.js';
import { assemble, type AssembleDeps } from '../src/issues/assemble.js';
import { plan } from '../src/issues/plan.js';
import type { Payload } from '../src/queues.js';

interface IssuesWorkerDeps extends AssembleDeps, SendAccountMailsDeps, AccountMailRendererDeps {
  /** Milliseconds by which the host's clock is ahead of the database's. */
  hostAhead: () => number;
  stopping: () => boolean;
}

export function issuesWorker(deps: IssuesWorkerDeps) {
  return async (payload: Payload<'issues'>): Promise<void> => {
    switch (payload.kind) {
      case 'plan':
        // Other workers plan meanwhile. The log says that this one does not (watchClock).
        return judgeClock(deps.hostAhead()) === 'too-wrong' ? undefined : plan(deps);
      case 'assemble':
        return assemble(deps, payload.issueId);
      case 'act-on-problem':
        return runProblemAct(deps, payload);
      case 'send-account-mails':
        return void (await sendAccountMails(deps, accountMailRenderers(deps)));
    }
  };
}
