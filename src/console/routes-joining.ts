// A newsletter's rules for sign-ups: double opt-in, the challenge for browsers, and blocked or allowed domains.
import express, { type Request, type Response, type Router } from 'express';
import { recordAudit } from '../accounts/audit.js';
import type { AuditAction } from '../accounts/audit-actions.js';
import { challengeModes } from '../config/limits.js';
import { newsletterPatch, type Newsletter } from '../newsletters/schema.js';
import { describeListing } from '../newsletters/listing.js';
import { updateNewsletter } from '../newsletters/update-newsletter.js';
import { strictest } from '../joining/challenge-mode.js';
import { forgetDomainRules, listDomainRules, setDomainRules } from '../joining/manage-domain-rules.js';
import type { ConsoleDeps } from './deps.js';
import { aboutNewsletter } from './find-newsletter.js';
import { formField } from './form-field.js';
import { redirectWith, sendPage } from './page.js';
import { actorOf, requireForm } from './session.js';

const mostRules = 200;

const challengeWords: Readonly<Record<(typeof challengeModes)[number], string>> = {
  off: 'never',
  auto: 'only during a flood of sign-ups',
  always: 'always',
};

const pageOf = ({ slug }: Newsletter): string => `/console/newsletters/${slug}/joining`;

const record = (deps: ConsoleDeps, res: Response, { id }: Newsletter, action: AuditAction): Promise<void> =>
  recordAudit(deps, { actor: actorOf(res), action, subject: `newsletter:${id}` });

async function show(deps: ConsoleDeps, newsletter: Newsletter, _req: Request, res: Response): Promise<void> {
  const [own, forAll] = await Promise.all(
    [newsletter.id, null].map((newsletterId) => listDomainRules(deps, { newsletterId, limit: mostRules })),
  );
  const operators = strictest([{ challenge: null }], deps.subscribeLimits).challenge;
  const challenges = [
    { value: '', label: `server default: ${challengeWords[operators]}` },
    ...challengeModes.map((value) => ({ value, label: challengeWords[value] })),
  ];
  sendPage(res, 'joining', {
    newsletter,
    challenges: challenges.map((one) => ({ ...one, chosen: one.value === (newsletter.challenge ?? '') })),
    everybody: newsletter.confirm === 'double',
    listing: await describeListing(deps.db, newsletter),
    rules: own?.data ?? [],
    rulesForAll: forAll?.data ?? [],
  });
}

async function save(deps: ConsoleDeps, newsletter: Newsletter, req: Request, res: Response): Promise<void> {
  const given = { confirm: formField(req, 'confirm'), challenge: formField(req, 'challenge') || null };
  const patch = newsletterPatch.safeParse(given);
  if (!patch.success) return redirectWith(res, pageOf(newsletter), 'joining-refused');
  await updateNewsletter(deps, { id: newsletter.id, patch: patch.data });
  await record(deps, res, newsletter, 'newsletter.change');
  redirectWith(res, pageOf(newsletter), 'joining-saved');
}

async function saveListing(
  deps: ConsoleDeps,
  newsletter: Newsletter,
  req: Request,
  res: Response,
): Promise<void> {
  const listed = formField(req, 'listed') === 'yes';
  await updateNewsletter(deps, { id: newsletter.id, patch: { listed } });
  await record(deps, res, newsletter, 'newsletter.change');
  redirectWith(res, pageOf(newsletter), 'joining-saved');
}

async function saveDomains(
  deps: ConsoleDeps,
  newsletter: Newsletter,
  req: Request,
  res: Response,
): Promise<void> {
  const newsletterId = newsletter.id;
  const domains = formField(req, 'domains')
    .split(/[\s,;]+/)
    .filter(Boolean);
  const rule = formField(req, 'rule');
  if (rule === 'forget') await forgetDomainRules(deps, { newsletterId, domains });
  else {
    const wanted = rule === 'allow' ? 'allow' : 'block';
    const set = await setDomainRules(deps, { newsletterId, domains, rule: wanted });
    if (!set.ok) return redirectWith(res, pageOf(newsletter), 'domain-refused');
  }
  await record(deps, res, newsletter, rule === 'forget' ? 'domain-rule.remove' : 'domain-rule.set');
  redirectWith(res, pageOf(newsletter), 'joining-saved');
}

export function joiningRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const [newsletter, isForm] = [aboutNewsletter(deps), requireForm(deps)];
  const joining = '/newsletters/:slug/joining';
  router.get(joining, newsletter(show));
  router.post(joining, isForm, newsletter(save));
  router.post(`${joining}/listing`, isForm, newsletter(saveListing));
  router.post(`${joining}/domains`, isForm, newsletter(saveDomains));
  return router;
}
