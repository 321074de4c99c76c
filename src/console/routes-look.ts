// Shows, previews and changes the look of a newsletter's mail. A preview changes nothing: the frames of the page request
// the mail with the fields of the form in their address.
import express, { type Request, type Response, type Router } from 'express';
import { measureOne } from '../images/measure-images.js';
import { previewLook, type LookTrial } from '../issues/preview-look.js';
import type { Translator } from '../languages/translate.js';
import { changeLook, templateNames } from '../newsletters/look.js';
import { storedLogoPath } from '../newsletters/uploaded-logos.js';
import { hasTemplate, ownMjml } from '../newsletters/own-templates.js';
import type { Newsletter } from '../newsletters/schema.js';
import { digestSource } from '../templating/templates.js';
import type { ConsoleDeps } from './deps.js';
import { aboutNewsletter, type NewsletterAct } from './find-newsletter.js';
import {
  ownVersion,
  readLookForm,
  readWordsForm,
  typedOf,
  unsizedLogo,
  withLogoSize,
  withUploadedLogo,
  wordsTypedOf,
  type LookForm,
} from './look-form.js';
import { lookAddress, sendLook, sendMail } from './look-page.js';
import type { SentTemplate } from './look-view.js';
import { logoFile, takeLogoFile } from './logo-file.js';
import { mailInScheme } from './mail-in-scheme.js';
import { sentMadeFrom } from './newsletter-form.js';
import { sendMessage, sendSandboxed, translatorOf } from './page.js';
import { saveNewsletterForm } from './saving/save-form.js';
import { requireForm } from './session.js';

/** For a preview by GET. It records no image addresses, because a link on another site could trigger it. */
const withoutTrace = (trial: LookTrial): LookTrial => ({
  ...trial,
  look: { ...trial.look, images: 'linked' },
});

/** The fields of the look's form. A template version that does not exist is a problem of the form. */
async function read(
  { db, baseUrl }: ConsoleDeps,
  { id, look: saved }: Newsletter,
  given: unknown,
  words: Translator,
): Promise<LookForm> {
  const form = readLookForm(given, words);
  if (!(await hasTemplate(db, id, changeLook(saved, form.patch?.look))))
    return withProblem(form, { template: words.t('design.wrongVersion') });
  // A page that was open for longer than an upload is kept.
  const logo = form.patch?.look?.logo?.url;
  if (logo?.startsWith(`${baseUrl}/logos/`) && (await storedLogoPath(db, logo)) === undefined)
    return withProblem(form, { 'logo.url': words.t('logo.gone') });
  return form;
}

const withProblem = (form: LookForm, problem: LookForm['wrong']): LookForm => ({
  ...form,
  patch: undefined,
  wrong: { ...form.wrong, ...problem },
});

/**
 * The form as it was sent. A chosen file is stored, and its address replaces the typed one. If the size of the logo is
 * missing, the image is fetched and measured.
 */
async function readSent(
  deps: ConsoleDeps,
  newsletter: Newsletter,
  req: Request,
  res: Response,
): Promise<LookForm> {
  const words = translatorOf(res);
  const given: unknown = req.body;
  const uploaded = await takeLogoFile(deps, res, `newsletter:${newsletter.id}`);
  if (uploaded?.ok === false)
    return withProblem(await read(deps, newsletter, given, words), { file: words.say(uploaded.reason) });
  if (uploaded !== undefined)
    return read(deps, newsletter, withUploadedLogo(given, uploaded, newsletter.look.logo), words);
  const logo = unsizedLogo(given);
  const picture = logo === undefined ? undefined : await measureOne(deps, logo);
  return read(deps, newsletter, picture ? withLogoSize(given, picture) : given, words);
}

/** The MJML that a new template starts from: one of ours, or an earlier version. */
async function beginning(
  { db }: ConsoleDeps,
  { id, look }: Newsletter,
  from: unknown,
): Promise<SentTemplate | undefined> {
  const stock = templateNames.find((name) => name === from);
  const version = ownVersion(from);
  const mjml = stock ? digestSource(stock) : await ownMjml(db, id, { ...look, template: 'own', version });
  return mjml === undefined ? undefined : { mjml, note: '', problems: [] };
}

const show: NewsletterAct = async (deps, newsletter, req, res) => {
  const sent = await beginning(deps, newsletter, req.query['from']);
  const form = await read(deps, newsletter, req.query, translatorOf(res));
  if (Object.keys(form.typed).length === 0) return sendLook(deps, res, newsletter, { sent });
  return sendLook(deps, res, newsletter, { form, sent, trial: form.patch && withoutTrace(form.patch) });
};

const showMail: NewsletterAct = async (deps, newsletter, req, res) => {
  const { patch } = await read(deps, newsletter, req.query, translatorOf(res));
  const preview = patch && (await previewLook(deps, { newsletterId: newsletter.id, ...withoutTrace(patch) }));
  const scheme = req.query['scheme'] === 'dark' ? 'dark' : 'light';
  if (preview?.rendered) return sendSandboxed(res, mailInScheme(preview.rendered.html, scheme));
  const { t } = translatorOf(res);
  sendMessage(res, 404, t('design.nothing'), t('design.nothingWhy'));
};

const saveLook: NewsletterAct = async (deps, newsletter, req, res) =>
  saveNewsletterForm(
    deps,
    { newsletter, req, res },
    {
      form: await readSent(deps, newsletter, req, res),
      typedOf,
      sendAgain: ({ stored, ...shown }) => sendLook(deps, res, stored, { ...shown, trial: shown.form.patch }),
      next: () => [lookAddress(newsletter), 'look-saved'],
    },
  );

const tryLook: NewsletterAct = async (deps, newsletter, req, res) => {
  const form = await readSent(deps, newsletter, req, res);
  const status = form.patch ? 200 : 422;
  await sendLook(deps, res, newsletter, {
    form,
    trial: form.patch,
    madeFrom: sentMadeFrom(req.body),
    status,
  });
};

const saveWords: NewsletterAct = (deps, newsletter, req, res) =>
  saveNewsletterForm(
    deps,
    { newsletter, req, res },
    {
      form: readWordsForm(req.body, translatorOf(res)),
      typedOf: wordsTypedOf,
      sendAgain: ({ stored, form: words, ...shown }) => sendLook(deps, res, stored, { ...shown, words }),
      next: () => [lookAddress(newsletter), 'look-saved'],
    },
  );

const tryWords: NewsletterAct = async (deps, newsletter, req, res) => {
  const words = readWordsForm(req.body, translatorOf(res));
  if (!words.patch)
    return sendLook(deps, res, newsletter, { words, madeFrom: sentMadeFrom(req.body), status: 422 });
  sendMail(res, await previewLook(deps, { newsletterId: newsletter.id, ...words.patch }));
};

export function lookRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const [newsletter, isForm] = [aboutNewsletter(deps), requireForm(deps)];
  const look = '/newsletters/:slug/look';

  router.get(look, newsletter(show));
  router.get(`${look}/mail`, newsletter(showMail));
  router.post(look, logoFile, isForm, newsletter(saveLook));
  router.post(`${look}/preview`, logoFile, isForm, newsletter(tryLook));
  router.post(`${look}/words`, isForm, newsletter(saveWords));
  router.post(`${look}/words/preview`, isForm, newsletter(tryWords));
  return router;
}
