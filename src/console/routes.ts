// /console: everything an admin does. Pages work without JavaScript; nothing changes but by a POST of our own forms.
import express, { type Router } from 'express';
import type { ConsoleDeps } from './deps.js';
import { sendMessage, translatorOf } from './page.js';
import { auditRoutes } from './audit/routes.js';
import { explainRoutes } from './report/routes-why.js';
import { problemRoutes } from './report/routes-problems.js';
import { recipientRoutes } from './report/routes-recipients.js';
import { deliveryRoutes } from './delivery/routes.js';
import { integrationRoutes } from './integrations/routes.js';
import { ghostSecretRoutes } from './integrations/routes-ghost.js';
import { webhookRoutes } from './integrations/routes-webhooks.js';
import { postRoutes } from './posts/routes.js';
import { firstRunRoutes } from './first-run/routes.js';
import { growthRoutes } from './growth/routes.js';
import { formRoutes } from './form/routes.js';
import { feedRoutes } from './routes-feeds.js';
import { knowNewsletters } from './navigation.js';
import { importRoutes } from './routes-imports.js';
import { issueRoutes } from './report/routes.js';
import { lookRoutes } from './routes-look.js';
import { newsletterRoutes } from './routes-newsletters.js';
import { readerRoutes } from './routes-readers.js';
import { selectedReaderRoutes } from './readers/routes-selected.js';
import { reviewRoutes } from './routes-review.js';
import { knowHold, sendingRoutes } from './routes-sending.js';
import { settingsRoutes } from './routes-settings.js';
import { signInRoutes } from './routes-sign-in.js';
import { templateRoutes } from './routes-templates.js';
import { teamRoutes } from './team/routes.js';
import { passwordRoutes } from './team/routes-passwords.js';
import { proveRoutes } from './profile/prove.js';
import { secondFactorRoutes } from './profile/routes-second-factor.js';
import { keepToNewsletters } from './scope/keep-to-newsletters.js';
import { profileRoutes } from './profile/routes.js';
import { nextIssueRoutes } from './next-issue/routes.js';
import { requireSession } from './session.js';

export function consoleRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  router.use((_req, res, next) => {
    res.set('Cache-Control', 'no-store');
    next();
  });
  const readSmallForm = express.urlencoded({ extended: false, limit: '16kb', parameterLimit: 50 });
  router.use(['/sign-in', '/sign-out', '/forgotten', '/password'], readSmallForm);
  router.use(signInRoutes(deps));
  router.use(passwordRoutes(deps));
  // Nothing else reads a body before it knows the sender.
  router.use(requireSession(deps));
  router.use(keepToNewsletters(deps));
  // Only these forms are larger: a line for each post, the publisher's own words, what was found at a site.
  router.use(
    [
      '/issues/:id/review',
      '/newsletters/:slug/look',
      '/newsletters/:slug/form',
      '/newsletters/:slug/next-issue',
      '/first-run',
    ],
    express.urlencoded({ extended: false, limit: '256kb', parameterLimit: 3_000 }),
  );
  router.use(readSmallForm);
  router.use(knowHold(deps));
  router.use(knowNewsletters(deps));
  router.use(proveRoutes(deps));
  router.use(profileRoutes(deps));
  router.use(secondFactorRoutes(deps));
  router.use(teamRoutes(deps));
  router.use(firstRunRoutes(deps));
  router.use(newsletterRoutes(deps));
  router.use(nextIssueRoutes(deps));
  router.use(settingsRoutes(deps));
  router.use(feedRoutes(deps));
  router.use(formRoutes(deps));
  router.use(postRoutes(deps));
  router.use(lookRoutes(deps));
  router.use(templateRoutes(deps));
  router.use(importRoutes(deps));
  router.use(issueRoutes(deps));
  router.use(readerRoutes(deps));
  router.use(selectedReaderRoutes(deps));
  router.use(growthRoutes(deps));
  router.use(problemRoutes(deps));
  router.use(recipientRoutes(deps));
  router.use(explainRoutes(deps));
  router.use(reviewRoutes(deps));
  router.use(sendingRoutes(deps));
  router.use(deliveryRoutes(deps));
  router.use(integrationRoutes(deps));
  router.use(webhookRoutes(deps));
  router.use(ghostSecretRoutes(deps));
  router.use(auditRoutes(deps));
  router.use((_req, res) => {
    const { t } = translatorOf(res);
    sendMessage(res, 404, t('console.noSuchPage'), t('console.noSuchPageWhy'));
  });
  return router;
}
