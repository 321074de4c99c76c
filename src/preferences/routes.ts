// The pages behind the links in a digest: leaving, the preferences, and a change of address.
//
// No GET changes anything: mail scanners and previews open every link. Mount before any body parser: an
// unsubscribe request must be honoured whatever its body is.
import express, { type Router } from 'express';
import { answerExpected, keepTokenPrivate, limitLinks } from '../joining/routes-pages.js';
import { addressRoute } from './routes-address.js';
import { leavingRoute } from './routes-leaving.js';
import { preferencesRoute, type PreferencesRouteDeps } from './routes-preferences.js';

export function preferencesRoutes(deps: PreferencesRouteDeps): Router {
  const router = express.Router();
  router.use(['/unsubscribe', '/preferences', '/address'], keepTokenPrivate);
  // Not /unsubscribe: the mail programs of many readers post from the few addresses of one provider.
  router.use(['/preferences', '/address'], limitLinks(deps));
  router.use('/address/:token', addressRoute(deps));
  router.use('/preferences/:token', preferencesRoute(deps));
  router.use('/unsubscribe/:token', leavingRoute(deps));
  router.use(answerExpected);
  return router;
}
