// A newsletter's rules for sign-ups: double opt-in, the challenge for browsers, and blocked or allowed domains.
import express, { type Request, type Response, type Router } from 'express';
import { recordAudit } from '../accounts/audit.js';
import { challengeModes } from '../config/limits.js';
import { newsletterPatch, type Newsletter } from '../newsletters/schema.js';
import { updateNewsletter } from '../newsletters/update-newsletter.js';
import { strictest } from '../joining/challenge-mode.js';
import { forgetDomainRules, listDomainRules, setDomainRules } from '../joining/manage-domain-rules.js';
import type { ConsoleDeps } from './deps.js';
import { aboutNewsletter } from './find-newsletter.js';
import { redirectWith, sendPage } from './page.js';
import { actorOf, requireForm } from './session.js';

const mostRules = 200;

const challengeWords: Readonly<Record<(typeof challengeModes)[number], string>> = {
  off: 'never',
  auto: 'only during a flood of sign-ups',
  always: 'always',
};

const field = (req: Request, name: string): string => {
  const value: unknown = (req.body as Record<string, unknown> | undefined)?.[name];
  return typeof value === 'string' ? value.trim() : '';
};

export function joiningRoutes(deps: ConsoleDeps): Router {
  const { db, subscribeLimits } = deps;
  const router = express.Router();

  const about = aboutNewsletter(db);
  const pageOf = ({ slug }: Newsletter): string => `/console/newsletters/${slug}/joining`;
  const record = (res: Response, { id }: Newsletter, action: string) =>
    recordAudit(deps, { actor: actorOf(res), action, subject: `newsletter:${id}` });

  router.get(
    '/newsletters/:slug/joining',
    about(async (newsletter, _req, res) => {
      const [own, forAll] = await Promise.all(
        [newsletter.id, null].map((newsletterId) =>
          listDomainRules(deps, { newsletterId, limit: mostRules }),
        ),
      );
      const operators = strictest([{ challenge: null }], subscribeLimits).challenge;
      const challenges = [
        { value: '', label: `server default: ${challengeWords[operators]}` },
        ...challengeModes.map((value) => ({ value, label: challengeWords[value] })),
      ];
      sendPage(res, 'joining', {
        newsletter,
        challenges: challenges.map((one) => ({ ...one, chosen: one.value === (newsletter.challenge ?? '') })),
        everybody: newsletter.confirm === 'double',
        rules: own?.data ?? [],
        rulesForAll: forAll?.data ?? [],
      });
    }),
  );

  router.post(
    '/newsletters/:slug/joining',
    requireForm(deps),
    about(async (newsletter, req, res) => {
      const given = { confirm: field(req, 'confirm'), challenge: field(req, 'challenge') || null };
      const patch = newsletterPatch.safeParse(given);
      if (!patch.success) return redirectWith(res, pageOf(newsletter), 'joining-refused');
      await updateNewsletter(deps, { id: newsletter.id, patch: patch.data });
      await record(res, newsletter, 'newsletter.change');
      return redirectWith(res, pageOf(newsletter), 'joining-saved');
    }),
  );

  router.post(
    '/newsletters/:slug/joining/domains',
    requireForm(deps),
    about(async (newsletter, req, res) => {
      const newsletterId = newsletter.id;
      const domains = field(req, 'domains')
        .split(/[\s,;]+/)
        .filter(Boolean);
      const rule = field(req, 'rule');
      if (rule === 'forget') await forgetDomainRules(deps, { newsletterId, domains });
      else {
        const wanted = rule === 'allow' ? 'allow' : 'block';
        const set = await setDomainRules(deps, { newsletterId, domains, rule: wanted });
        if (!set.ok) return redirectWith(res, pageOf(newsletter), 'domain-refused');
      }
      await record(res, newsletter, rule === 'forget' ? 'domain-rule.remove' : 'domain-rule.set');
      return redirectWith(res, pageOf(newsletter), 'joining-saved');
    }),
  );

  return router;
}
