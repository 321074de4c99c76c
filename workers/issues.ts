// The issues queue: plans issues each minute, and takes each issue from its slot to its deliveries.
import { assemble, type AssembleDeps } from '../src/issues/assemble.js';
import { tellOfHold } from '../src/lifeline/tell-of-hold.js';
import { tellReviewers, type TellReviewersDeps } from '../src/issues/tell-reviewers.js';
import { plan } from '../src/issues/plan.js';
import type { Payload } from '../src/queues.js';

export function issuesWorker(deps: AssembleDeps & TellReviewersDeps) {
  return async (payload: Payload<'issues'>): Promise<void> => {
    switch (payload.kind) {
      case 'plan':
        return plan(deps);
      case 'assemble':
        return assemble(deps, payload.issueId);
      case 'tell-reviewers':
        return tellReviewers(deps, payload.issueId);
      case 'tell-of-hold':
        return tellOfHold(deps);
    }
  };
}
