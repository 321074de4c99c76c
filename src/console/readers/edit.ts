// What an editor changes of a reader: the name, the language, and the choices at a newsletter.
import type { Request, Response } from 'express';
import { getNewsletter } from '../../newsletters/get-newsletter.js';
import type { SubscriberView } from '../../subscribers/subscriber-view.js';
import { updateSubscriber } from '../../subscribers/update-subscriber.js';
import type { ConsoleDeps } from '../deps.js';
import { formField } from '../form-field.js';
import { translatorOf } from '../page.js';
import { saveForm, sendNotSaved } from '../saving/save-form.js';
import { choicesTyped, readChoicesForm, withChoicesProblem } from './choices.js';
import { personTyped, readPersonForm } from './person.js';
import { showReader } from './show.js';

export type ReaderAct = (
  deps: ConsoleDeps,
  reader: SubscriberView,
  req: Request,
  res: Response,
) => Promise<void>;

export const readerPage = ({ id }: Pick<SubscriberView, 'id'>): string => `/console/subscribers/${id}`;

const changed = (reader: SubscriberView) =>
  ({ action: 'subscriber.change', subject: `subscriber:${reader.id}` }) as const;

export const rename: ReaderAct = (deps, reader, req, res) =>
  saveForm(
    deps,
    { req, res },
    {
      form: readPersonForm(req, translatorOf(res)),
      stored: reader,
      typedOf: personTyped,
      save: (patch, isStale) => updateSubscriber(deps, { id: reader.id, via: 'console', ...patch }, isStale),
      sendAgain: (person) => showReader(deps, req, res, { status: person.status, person }),
      audit: changed(reader),
      next: () => [readerPage(reader), 'saved'],
    },
  );

export const choose: ReaderAct = async (deps, reader, req, res) => {
  const newsletter = await getNewsletter(deps.db, formField(req, 'newsletter'));
  const subscriptionOf = ({ subscriptions }: SubscriberView) =>
    subscriptions.find(({ newsletterId }) => newsletterId === newsletter?.id);
  const subscription = subscriptionOf(reader);
  if (!newsletter || !subscription) return sendNotSaved(res);
  const form = readChoicesForm(req, newsletter, subscription);
  const newsletterId = newsletter.id;
  await saveForm(
    deps,
    { req, res },
    {
      form,
      stored: reader,
      typedOf: (current) => choicesTyped(newsletter, subscriptionOf(current) ?? subscription),
      save: (patch, isStale) =>
        updateSubscriber(deps, { id: reader.id, via: 'console', newsletterId, ...patch }, isStale),
      problemOf: ({ code }) =>
        code.startsWith('invalid-') ? withChoicesProblem(form, code, translatorOf(res)) : undefined,
      sendAgain: (choices) =>
        showReader(deps, req, res, { status: choices.status, choices: { newsletterId, ...choices } }),
      audit: changed(reader),
      next: () => [readerPage(reader), 'saved'],
    },
  );
};
