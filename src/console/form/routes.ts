// The newsletter's form: which choices it offers, the publisher's own texts, who may subscribe, and the codes for the
// publisher's site. A preview changes nothing: the page's frames request the form with the fields in their address.
import express, { type Request, type Response, type Router } from 'express';
import { recordAudit } from '../../accounts/audit.js';
import type { AuditAction } from '../../accounts/audit-actions.js';
import { strictest } from '../../joining/challenge-mode.js';
import { embedCode } from '../../joining/embed.js';
import { forgetDomainRules, listDomainRules, setDomainRules } from '../../joining/manage-domain-rules.js';
import { renderConfirmation } from '../../joining/render-confirmation.js';
import { renderNotice } from '../../joining/render-notice.js';
import { welcomeNotice } from '../../joining/send-welcome.js';
import { checkInboxPage, framedForm } from '../../joining/routes-pages.js';
import { pageOfWords } from '../../languages/page-language.js';
import { translator } from '../../languages/translate.js';
import { formSettingsSchema } from '../../newsletters/form-settings.js';
import type { Newsletter } from '../../newsletters/schema.js';
import { confirmationMailSchema } from '../../newsletters/own-mails.js';
import type { ConsoleDeps } from '../deps.js';
import { aboutNewsletter, type NewsletterAct } from '../find-newsletter.js';
import { formField } from '../form-field.js';
import { sentMadeFrom } from '../newsletter-form.js';
import { redirectWith, sendSandboxed, sendPage, translatorOf } from '../page.js';
import { saveNewsletterForm } from '../saving/save-form.js';
import { actorOf, requireForm } from '../session.js';
import { formTyped, readFormForm } from './form.js';
import { questionRoutes } from './routes-questions.js';
import { formPageView, type FormPage } from './view.js';

const mostRules = 200;

const pageOf = ({ slug }: Newsletter): string => `/console/newsletters/${slug}/form`;

const record = (deps: ConsoleDeps, res: Response, { id }: Newsletter, action: AuditAction): Promise<void> =>
  recordAudit(deps, { actor: actorOf(res), action, subject: `newsletter:${id}` });

type Shown = Pick<FormPage, 'current' | 'form' | 'changed' | 'madeFrom' | 'moved'>;

async function send(
  deps: ConsoleDeps,
  res: Response,
  newsletter: Newsletter,
  { status = 200, ...shown }: Shown & { status?: number } = {},
): Promise<void> {
  const { baseUrl } = deps;
  const [own, forAll] = await Promise.all(
    [newsletter.id, null].map((newsletterId) => listDomainRules(deps, { newsletterId, limit: mostRules })),
  );
  const page: FormPage = {
    newsletter,
    defaultChallenge: strictest([{ challenge: null }], deps.subscribeLimits).challenge,
    code: embedCode(newsletter, { baseUrl, words: translator(newsletter.language), keep: '' }),
    rules: own?.data ?? [],
    rulesForAll: forAll?.data ?? [],
    ...shown,
  };
  sendPage(res, 'form', formPageView(page, translatorOf(res)), { status });
}

const show: NewsletterAct = (deps, newsletter, _req, res) => send(deps, res, newsletter);

const tryForm: NewsletterAct = (deps, newsletter, req, res) => {
  const form = readFormForm(req.body, newsletter, translatorOf(res));
  const shown = { form, madeFrom: sentMadeFrom(req.body) };
  return send(deps, res, newsletter, { ...shown, status: form.patch ? 200 : 422 });
};

/** The form alone, or the answer to it, as a frame on another site shows them. Nothing in it can be sent. */
const showFrame: NewsletterAct = async ({ baseUrl }, newsletter, req, res) => {
  const { patch } = readFormForm(req.query, newsletter, translatorOf(res));
  const shown = {
    ...newsletter,
    topics: patch?.topics ?? newsletter.topics,
    confirmationMail: confirmationMailSchema.parse({
      ...newsletter.confirmationMail,
      ...patch?.confirmationMail,
    }),
    form: formSettingsSchema.parse({ ...newsletter.form, ...patch?.form }),
  };
  if (req.query['part'] === 'welcome') {
    const { subject, text } = patch?.welcomeMail ?? newsletter.welcomeMail;
    const notice = welcomeNotice({ subject, text: text ?? '' }, shown.name, {
      language: shown.language,
      preferencesUrl: `${baseUrl}/preferences/example`,
      unsubscribeUrl: `${baseUrl}/unsubscribe/example`,
    });
    return sendSandboxed(res, (await renderNotice(notice, shown, shown.language)).html);
  }
  if (req.query['part'] === 'confirmation') {
    const mail = await renderConfirmation({
      newsletterName: shown.name,
      ...(shown.siteUrl === null ? {} : { siteUrl: shown.siteUrl }),
      ...(shown.postalAddress === null ? {} : { postalAddress: shown.postalAddress }),
      confirmUrl: `${baseUrl}/confirm/example`,
      own: shown.confirmationMail,
      language: shown.language,
    });
    return sendSandboxed(res, mail.html);
  }
  const page = pageOfWords(translator(newsletter.language));
  const html =
    req.query['part'] === 'answer'
      ? checkInboxPage([{ newsletter: shown }], 'reader@example.org', { page, frame: true, isThanked: true })
      : framedForm({ newsletter: shown, issues: [] }, () => ({ stamp: '' }), page);
  res.set({
    'Cache-Control': 'no-store',
    'Content-Security-Policy':
      "default-src 'none'; style-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'",
  });
  res.type('html').send(html);
};

const save: NewsletterAct = (deps, newsletter, req, res) =>
  saveNewsletterForm(
    deps,
    { newsletter, req, res },
    {
      form: readFormForm(req.body, newsletter, translatorOf(res)),
      typedOf: formTyped,
      sendAgain: ({ stored: current, ...shown }) => send(deps, res, newsletter, { current, ...shown }),
      next: () => [pageOf(newsletter), 'form-saved'],
    },
  );

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
  redirectWith(res, pageOf(newsletter), 'form-saved');
}

export function formRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const [newsletter, isForm] = [aboutNewsletter(deps), requireForm(deps)];
  const form = '/newsletters/:slug/form';
  router.get(form, newsletter(show));
  router.get(`${form}/frame`, newsletter(showFrame));
  router.post(form, isForm, newsletter(save));
  router.post(`${form}/preview`, isForm, newsletter(tryForm));
  router.post(`${form}/domains`, isForm, newsletter(saveDomains));
  router.use(questionRoutes(deps, (res, found, again) => send(deps, res, found, again)));
  return router;
}
