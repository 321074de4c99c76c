// The router of /api/v1: all endpoints, and the OpenAPI document that describes them.
import { Router } from 'express';
import { accountEndpoints } from './accounts.js';
import { deliveryEndpoints } from './deliveries.js';
import type { ApiDeps } from './deps.js';
import { domainReportEndpoints } from './domain-reports.js';
import { domainRuleEndpoints } from './domain-rules.js';
import type { Endpoint } from './endpoint.js';
import { exportEndpoints } from './exports.js';
import { feedEndpoints } from './feeds.js';
import { importEndpoints } from './imports.js';
import { issueEndpoints } from './issues.js';
import { leavingEndpoints } from './leavings.js';
import { logoEndpoints } from './logos.js';
import { mailTemplateEndpoints } from './mail-templates.js';
import { mount } from './mount.js';
import { newsletterEndpoints } from './newsletters.js';
import { openApiDocument } from './openapi.js';
import { postEndpoints } from './posts.js';
import { sendingEndpoints } from './sending.js';
import { statisticsEndpoints } from './statistics.js';
import { webhookEndpoints } from './webhooks.js';
import { subscriberEndpoints } from './subscribers.js';
import { suppressionEndpoints } from './suppressions.js';

export const endpoints: readonly Endpoint[] = [
  ...newsletterEndpoints,
  ...logoEndpoints,
  ...mailTemplateEndpoints,
  ...feedEndpoints,
  ...postEndpoints,
  ...issueEndpoints,
  ...sendingEndpoints,
  ...deliveryEndpoints,
  ...subscriberEndpoints,
  ...leavingEndpoints,
  ...statisticsEndpoints,
  ...exportEndpoints,
  ...importEndpoints,
  ...suppressionEndpoints,
  ...domainRuleEndpoints,
  ...domainReportEndpoints,
  ...webhookEndpoints,
  ...accountEndpoints,
];

export function apiRoutes(deps: ApiDeps): Router {
  const router = Router();
  let document: string | undefined;
  router.get('/openapi.json', (_req, res) => {
    document ??= JSON.stringify(openApiDocument(endpoints, deps.baseUrl));
    res.set('Access-Control-Allow-Origin', '*').type('application/json').send(document);
  });
  mount(router, endpoints, deps);
  return router;
}
