// The publisher's own questions on the subscribe form: adding, changing, ordering and removing one.
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { recordAudit } from '../../accounts/audit.js';
import type { CustomField } from '../../newsletters/custom-fields.js';
import type { Newsletter } from '../../newsletters/schema.js';
import { updateNewsletter } from '../../newsletters/update-newsletter.js';
import type { ConsoleDeps } from '../deps.js';
import { aboutNewsletter, type NewsletterAct } from '../find-newsletter.js';
import { formField } from '../form-field.js';
import { redirectWith, sendMessage, sendPage, translatorOf } from '../page.js';
import { actorOf, requireForm, requirePermission } from '../session.js';
import { kinds, movedQuestion, questionTyped, readQuestion, type QuestionForm } from './questions.js';

const pageOf = ({ slug }: Newsletter): string => `/console/newsletters/${slug}/form`;

const questionOf = ({ customFields }: Newsletter, name: string): CustomField | undefined =>
  customFields.find((one) => one.name === name);

interface Shown {
  question: CustomField | undefined;
  form?: QuestionForm;
  isStale?: boolean;
}

function showQuestion(res: Response, newsletter: Newsletter, { question, form, isStale }: Shown): void {
  const { t } = translatorOf(res);
  const typed = form?.typed ?? questionTyped(question);
  sendPage(
    res,
    'question',
    {
      newsletter,
      base: pageOf(newsletter),
      name: question?.name,
      to: `${pageOf(newsletter)}/questions${question === undefined ? '' : `/${question.name}`}`,
      typed,
      wrong: form?.wrong ?? {},
      isStale,
      madeFrom: JSON.stringify(question ?? null),
      kind: t(kinds[question?.type ?? 'text']),
      types: Object.entries(kinds).map(([value, key]) => ({
        value,
        label: t(key),
        chosen: value === typed.type,
      })),
      of: Object.fromEntries(Object.keys(kinds).map((kind) => [kind, (question?.type ?? kind) === kind])),
    },
    { status: isStale ? 409 : form && !form.questions ? 422 : 200 },
  );
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** Stores the list, unless `isStale` says that somebody has changed it meanwhile. */
async function store(
  deps: ConsoleDeps,
  res: Response,
  newsletter: Newsletter,
  {
    questions,
    isStale = (latest) => !isSame(latest.customFields, newsletter.customFields),
  }: { questions: readonly CustomField[]; isStale?: (latest: Newsletter) => boolean },
): Promise<boolean> {
  const saved = await updateNewsletter(deps, {
    id: newsletter.id,
    patch: { customFields: [...questions] },
    isStale,
  });
  if (!saved.ok) return false;
  const subject = `newsletter:${newsletter.id}`;
  await recordAudit(deps, { actor: actorOf(res), action: 'newsletter.change', subject });
  redirectWith(res, pageOf(newsletter), 'form-saved');
  return true;
}

function notSaved(res: Response): void {
  const { t } = translatorOf(res);
  sendMessage(res, 409, t('form.notSaved'), t('form.notSavedWhy'));
}

const add: NewsletterAct = async (deps, newsletter, req, res) => {
  const form = readQuestion(req.body, { questions: newsletter.customFields }, translatorOf(res));
  if (!form.questions) return showQuestion(res, newsletter, { question: undefined, form });
  if (!(await store(deps, res, newsletter, { questions: form.questions }))) notSaved(res);
};

type QuestionAct = (
  deps: ConsoleDeps,
  found: { newsletter: Newsletter; question: CustomField },
  req: Request,
  res: Response,
) => Promise<void>;

const change: QuestionAct = async (deps, { newsletter, question }, req, res) => {
  const { name } = question;
  const form = readQuestion(req.body, { questions: newsletter.customFields, name }, translatorOf(res));
  if (!form.questions) return showQuestion(res, newsletter, { question, form });
  const isStale = (latest: Newsletter): boolean =>
    !isSame(latest.customFields, newsletter.customFields) ||
    JSON.stringify(questionOf(latest, name)) !== formField(req, 'madeFrom');
  if (!(await store(deps, res, newsletter, { questions: form.questions, isStale })))
    showQuestion(res, newsletter, { question, form, isStale: true });
};

const move: QuestionAct = async (deps, { newsletter, question: { name } }, req, res) => {
  const by = formField(req, 'to') === 'up' ? -1 : 1;
  const questions = movedQuestion(newsletter.customFields, name, by);
  if (!(await store(deps, res, newsletter, { questions }))) notSaved(res);
};

const remove: QuestionAct = async (deps, { newsletter, question: { name } }, _req, res) => {
  const questions = newsletter.customFields.filter((one) => one.name !== name);
  if (!(await store(deps, res, newsletter, { questions }))) notSaved(res);
};

export function questionRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const [newsletter, isForm, mayWrite] = [
    aboutNewsletter(deps),
    requireForm(deps),
    requirePermission('write'),
  ];
  /** Finds the question that the address names. */
  const about = (act: QuestionAct): RequestHandler =>
    newsletter(async (_deps, found, req, res) => {
      const question = questionOf(found, String(req.params['name']));
      if (question) return act(deps, { newsletter: found, question }, req, res);
      const { t } = translatorOf(res);
      sendMessage(res, 404, t('form.questionMissing'), t('form.questionMissingWhy'));
    });
  const questions = '/newsletters/:slug/form/questions';
  router.get(
    `${questions}/new`,
    mayWrite,
    newsletter(async (_deps, found, _req, res) => showQuestion(res, found, { question: undefined })),
  );
  router.post(questions, isForm, newsletter(add));
  router.get(
    `${questions}/:name`,
    mayWrite,
    about(async (_deps, { newsletter: found, question }, _req, res) =>
      showQuestion(res, found, { question }),
    ),
  );
  router.post(`${questions}/:name`, isForm, about(change));
  router.post(`${questions}/:name/move`, isForm, about(move));
  router.post(`${questions}/:name/remove`, isForm, about(remove));
  return router;
}
