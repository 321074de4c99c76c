// How mail leaves and what comes back, for owners: relays, DNS, suppressed addresses, returned mail.
import express, { type Router } from 'express';
import type { ConsoleDeps } from '../deps.js';
import { requireForm, requirePermission } from '../session.js';
import { showDns, testDns } from './dns.js';
import { showRelays, testRelay } from './relays.js';
import { showReturns } from './returns.js';
import { lift, showSuppressions, suppress } from './suppressions.js';

export function deliveryRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const [isOwner, isForm] = [requirePermission('own'), requireForm(deps, 'own')];
  router.get('/delivery', isOwner, (req, res) => showRelays(deps, req, res));
  router.post('/delivery/test', isForm, (req, res) => testRelay(deps, req, res));
  router.get('/delivery/dns', isOwner, (_req, res) => showDns(deps, res));
  router.post('/delivery/dns', isForm, (req, res) => testDns(deps, req, res));
  router.get('/delivery/suppressions', isOwner, (req, res) => showSuppressions(deps, req, res));
  router.post('/delivery/suppressions', isForm, (req, res) => suppress(deps, req, res));
  router.post('/delivery/suppressions/:id/lift', isForm, (req, res) => lift(deps, req, res));
  router.get('/delivery/returns', isOwner, (_req, res) => showReturns(deps, res));
  return router;
}
