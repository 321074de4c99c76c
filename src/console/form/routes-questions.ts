// The publisher's own questions on the subscribe form: adding, changing, ordering and removing one.
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import type { CustomField } from '../../newsletters/custom-fields.js';
import type { Newsletter, NewsletterPatch } from '../../newsletters/schema.js';
import { updateNewsletter } from '../../newsletters/update-newsletter.js';
import type { ConsoleDeps } from '../deps.js';
import { aboutNewsletter, type NewsletterAct } from '../find-newsletter.js';
import { formField } from '../form-field.js';
import { madeFrom, type FieldChange } from '../newsletter-form.js';
import { sendMessage, sendPage, translatorOf } from '../page.js';
import { requireForm, requirePermission } from '../session.js';
import { saveForm, sendNotSaved, type Again } from '../saving/save-form.js';
import {
  kinds,
  movedQuestion,
  orderTyped,
  questionChanges,
  questionTyped,
  readQuestion,
  type QuestionField,
  type QuestionForm,
} from './questions.js';

const pageOf = ({ slug }: Newsletter): string => `/console/newsletters/${slug}/form`;

const questionOf = ({ customFields }: Newsletter, name: string): CustomField | undefined =>
  customFields.find((one) => one.name === name);

interface Shown {
  question: CustomField | undefined;
  again?: QuestionAgain | undefined;
}

type QuestionAgain = Again<QuestionForm, Newsletter, QuestionField>;

function showQuestion(res: Response, newsletter: Newsletter, { question, again }: Shown): void {
  const words = translatorOf(res);
  const { t } = words;
  const typed = again?.form.typed ?? questionTyped(question);
  sendPage(
    res,
    'question',
    {
      newsletter,
      base: pageOf(newsletter),
      name: question?.name,
      to: `${pageOf(newsletter)}/questions${question === undefined ? '' : `/${question.name}`}`,
      typed,
      wrong: again?.form.wrong ?? {},
      changed: questionChanges(again?.changed ?? [], words),
      madeFrom: question && (again?.madeFrom ?? madeFrom(questionTyped(question))),
      kind: t(kinds[question?.type ?? 'text']),
      types: Object.entries(kinds).map(([value, key]) => ({
        value,
        label: t(key),
        chosen: value === typed.type,
      })),
      of: Object.fromEntries(Object.keys(kinds).map((kind) => [kind, (question?.type ?? kind) === kind])),
    },
    { status: again?.status ?? 200 },
  );
}

/** Stores the list of questions, unless someone has changed it since the request read it. */
const save =
  (deps: ConsoleDeps, { id, customFields }: Newsletter) =>
  (patch: NewsletterPatch, isStale: (latest: Newsletter) => boolean) =>
    updateNewsletter(deps, {
      id,
      patch,
      isStale: (latest) =>
        isStale(latest) || JSON.stringify(latest.customFields) !== JSON.stringify(customFields),
    });

const saved = (newsletter: Newsletter) =>
  ({
    audit: { action: 'newsletter.change', subject: `newsletter:${newsletter.id}` },
    next: (): [string, 'form-saved'] => [pageOf(newsletter), 'form-saved'],
  }) as const;

const add: NewsletterAct = (deps, newsletter, req, res) =>
  saveForm(
    deps,
    { req, res },
    {
      form: readQuestion(req.body, { questions: newsletter.customFields }, translatorOf(res)),
      stored: newsletter,
      typedOf: () => ({}) as Record<QuestionField, string>,
      save: save(deps, newsletter),
      sendAgain: (again) => showQuestion(res, newsletter, { question: undefined, again }),
      ...saved(newsletter),
    },
  );

type QuestionAct = (
  deps: ConsoleDeps,
  found: { newsletter: Newsletter; question: CustomField },
  req: Request,
  res: Response,
) => Promise<void>;

const change: QuestionAct = (deps, { newsletter, question: { name } }, req, res) =>
  saveForm(
    deps,
    { req, res },
    {
      form: readQuestion(req.body, { questions: newsletter.customFields, name }, translatorOf(res)),
      stored: newsletter,
      typedOf: (latest) => questionTyped(questionOf(latest, name)),
      save: save(deps, newsletter),
      sendAgain: (again) =>
        showQuestion(res, newsletter, { question: questionOf(again.stored, name), again }),
      ...saved(newsletter),
    },
  );

/** Sends the page of the form, whose list of questions someone else has changed. */
export type SendMoved = (
  res: Response,
  newsletter: Newsletter,
  again: { status: number; moved: readonly FieldChange<'questions'>[] },
) => Promise<void>;

const move =
  (sendMoved: SendMoved): QuestionAct =>
  (deps, { newsletter, question: { name } }, req, res) => {
    const by = formField(req, 'to') === 'up' ? -1 : 1;
    const customFields = [...movedQuestion(newsletter.customFields, name, by)];
    return saveForm(
      deps,
      { req, res },
      {
        form: { patch: { customFields } },
        stored: newsletter,
        typedOf: (latest) => orderTyped(latest.customFields),
        save: save(deps, newsletter),
        sendAgain: ({ status, stored, changed }) => sendMoved(res, stored, { status, moved: changed }),
        ...saved(newsletter),
      },
    );
  };

const remove: QuestionAct = (deps, { newsletter, question: { name } }, req, res) =>
  saveForm(
    deps,
    { req, res },
    {
      form: { patch: { customFields: newsletter.customFields.filter((one) => one.name !== name) } },
      stored: newsletter,
      typedOf: () => ({}),
      save: save(deps, newsletter),
      sendAgain: () => sendNotSaved(res),
      ...saved(newsletter),
    },
  );

export function questionRoutes(deps: ConsoleDeps, sendMoved: SendMoved): Router {
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
  router.post(`${questions}/:name/move`, isForm, about(move(sendMoved)));
  router.post(`${questions}/:name/remove`, isForm, about(remove));
  return router;
}
