// The steps by which upkeep deletes expired data. config/retention.ts sets how long each kind is kept.
import { forgetAudit } from '../accounts/forget-audit.js';
import { forgetLimits } from '../rates/forget-limits.js';
import { forgetSessions } from '../accounts/forget-sessions.js';
import { forgetAnswers } from '../api/idempotency.js';
import { forgetDeliveries, forgetReplies } from '../delivery/forget-deliveries.js';
import { forgetDomainReports } from '../domain-reports/list-reports.js';
import { forgetFirstRuns } from '../first-runs/kept-runs.js';
import { forgetFeedbackWords, forgetReturnedMails } from '../feedback/forget-feedback.js';
import { forgetClicks } from '../tracking/forget-clicks.js';
import type { ForgetDeps } from '../forget-lot.js';
import { forgetChallenges } from '../joining/forget-challenges.js';
import { forgetReaders } from '../subscribers/forget-readers.js';
import { forgetLogos } from '../newsletters/uploaded-logos.js';
import { forgetImports } from '../imports/forget-imports.js';
import { forgetReadersAnswers } from '../preferences/forget-answers.js';
import { forgetTraceOrigins } from '../telemetry/origins.js';
import { forgetWebhookDeliveries } from '../webhooks/forget-webhook-deliveries.js';
import { forgetFiles } from '../imports/resume-imports.js';

/** The steps are independent: if one fails, upkeep runs the others. */
export const forgetting: Readonly<Record<string, (deps: ForgetDeps) => Promise<unknown>>> = {
  forgetSessions,
  forgetLimits,
  forgetChallenges,
  forgetFirstRuns,
  forgetAnswers,
  forgetReaders,
  forgetReadersAnswers,
  forgetImports,
  forgetFiles,
  forgetLogos,
  forgetReplies,
  forgetDeliveries,
  forgetReturnedMails,
  forgetFeedbackWords,
  forgetDomainReports,
  forgetClicks,
  forgetWebhookDeliveries,
  forgetTraceOrigins,
  forgetAudit,
};
