// One reader's page: facts with what can be done at the left, what happened at the right.
import type { Request, Response } from 'express';
import type { Db } from '../../db.js';
import { day } from '../../durations.js';
import { eventsOf } from '../../feedback/events.js';
import { languages } from '../../languages/language.js';
import type { Translator } from '../../languages/translate.js';
import type { TimeWords } from '../../text/when-words.js';
import { getNewsletter } from '../../newsletters/get-newsletter.js';
import type { Newsletter } from '../../newsletters/schema.js';
import { selectLeavingsOf } from '../../preferences/person.js';
import { explainIssuesOf } from '../../reports/explain-issue.js';
import { eventInWords } from '../../reports/feedback-words.js';
import { nameSubjects } from '../../reports/name-subjects.js';
import { getSubscriber } from '../../subscribers/list-subscribers.js';
import type { SubscriberView, SubscriptionView } from '../../subscribers/subscriber-view.js';
import { selectConsents, type ConsentRow } from '../../subscribers/subscriptions.js';
import { isForGood, lastLiftedByReader, latestSuppressions } from '../../subscribers/suppressions.js';
import { evidenceInWords } from '../delivery/evidence.js';
import type { ConsoleDeps } from '../deps.js';
import { queryField } from '../form-field.js';
import { madeFrom } from '../newsletter-form.js';
import { sendPage, timeWordsOf, translatorOf } from '../page.js';
import { choicesChanges, choicesForm, type ChoicesAgain } from './choices.js';
import { languageNamed, personChanges, personTyped, type PersonAgain } from './person.js';
import { placeText, readPlace, timelineOf, type TimelinePlace } from './timeline.js';

/** On a page, of all newsletters together. */
const issuesShown = 20;

/** "daily at 07:30, Berlin". Undefined: the reader follows the newsletter's schedule. */
function ownTime(
  { frequency, sendTime, timezone }: SubscriptionView,
  { t, city }: Translator,
): string | undefined {
  if (frequency === null) return undefined;
  return [t('readers.ownTime', { frequency, time: sendTime ?? '' }), timezone && city(timezone)].join(', ');
}

/** A week before a reader first had to do with a newsletter. They may ask for the issue that they just missed, for no older one. */
const sinceOf = (
  subscription: Pick<SubscriptionView, 'id' | 'requestedAt'>,
  consents: readonly ConsentRow[],
): Date =>
  new Date(
    -7 * day +
      Math.min(
        subscription.requestedAt.getTime(),
        ...consents
          .filter(({ subscriptionId }) => subscriptionId === subscription.id)
          .map(({ at }) => at.getTime()),
      ),
  );

export function sendReaderNotFound(res: Response): void {
  const { t } = translatorOf(res);
  const view = { heading: t('readers.notFound'), text: t('readers.notFoundWhy') };
  sendPage(res, 'message', view, { status: 404 });
}

/** Those of our pages and mails, and the reader's own. */
const languageOptions = (own: string | null, words: Translator): object[] =>
  [...new Set([...languages, ...(own ? [own] : [])])].map((tag) => ({
    value: tag,
    label: languageNamed(tag, words),
    chosen: tag === own,
  }));

interface Shown extends SubscriptionView {
  of: Newsletter;
}

/** The reader's subscriptions to newsletters that exist. */
async function subscriptionsOf(db: Db, { subscriptions }: SubscriberView): Promise<Shown[]> {
  const found: Shown[] = [];
  for (const subscription of subscriptions) {
    const of = await getNewsletter(db, subscription.newsletterId);
    if (of) found.push({ ...subscription, of });
  }
  return found;
}

/** A form of the page that comes back. */
interface ReaderAgain {
  status: number;
  person?: PersonAgain;
  choices?: ChoicesAgain & { newsletterId: string };
}

/** The view of one subscription. */
const subscriptionInWords = (
  { of: newsletter, ...subscription }: Shown,
  words: Translator,
  choices?: ReaderAgain['choices'],
) => ({
  ...subscription,
  newsletter,
  confirmationReply: subscription.confirmationReply
    ? words.quoteReply(subscription.confirmationReply)
    : undefined,
  ownTime: ownTime(subscription, words),
  choices: choicesForm(
    newsletter,
    subscription,
    words,
    choices?.newsletterId === newsletter.id ? choices : undefined,
  ),
  answers: newsletter.customFields.flatMap(({ name, label }) => {
    const answer = subscription.customFields[name];
    return answer === undefined ? [] : [{ label, answer: String(answer) }];
  }),
});

/** A page of what happened to the reader. */
async function timelinePage(
  deps: ConsoleDeps,
  { id: subscriberId, subscriptions }: { id: string; subscriptions: readonly Shown[] },
  after: TimelinePlace | undefined,
  words: TimeWords,
): Promise<ReturnType<typeof timelineOf>> {
  const { db } = deps;
  const [consents, leavings, events] = [
    await selectConsents(db, subscriberId),
    await selectLeavingsOf(db, subscriberId),
    await eventsOf(db, subscriberId),
  ];
  const names = await nameSubjects(
    deps,
    events.map(({ issueId }) => `issue:${issueId}`),
  );
  const found = await explainIssuesOf(
    db,
    {
      subscriberId,
      newsletters: subscriptions.map((one) => ({
        newsletterId: one.newsletterId,
        since: sinceOf(one, consents),
      })),
      before: after?.issueId,
      limit: issuesShown + 1,
    },
    words,
  );
  const happened = {
    subscriptions: subscriptions.map(({ id, of }) => ({ id, newsletter: of })),
    consents,
    leavings,
    issues: found.slice(0, issuesShown),
    events: events.map((event) => ({
      ...eventInWords(event, words),
      issueNumber: names.get(`issue:${event.issueId}`)?.number ?? undefined,
    })),
  };
  return timelineOf(happened, { after, hasMore: found.length > issuesShown }, words);
}

export async function showReader(
  deps: ConsoleDeps,
  req: Request,
  res: Response,
  { status = 200, person, choices }: Partial<ReaderAgain> = {},
): Promise<void> {
  const { db } = deps;
  const words = translatorOf(res);
  const subscriber = await getSubscriber(deps, String(req.params['id']));
  if (!subscriber) return sendReaderNotFound(res);
  const { id, language } = subscriber;
  const subscriptions = await subscriptionsOf(db, subscriber);
  const after = readPlace(queryField(req, 'before'));
  // One zone for all, said once.
  const zone = subscriptions[0]?.of.timezone;
  const timeline = await timelinePage(deps, { id, subscriptions }, after, timeWordsOf(res, zone));
  const [only, ...others] = subscriptions;
  const view = {
    // The rail of the only newsletter that they read.
    newsletter: others.length === 0 ? only?.of : undefined,
    subscriber,
    language: languageNamed(language, words),
    person: person?.form.typed ?? personTyped(subscriber),
    wrong: person?.form.wrong,
    madeFrom: person?.madeFrom ?? madeFrom(personTyped(subscriber)),
    changed: [
      ...personChanges(person?.changed ?? [], words),
      ...choicesChanges(choices?.changed ?? [], words),
    ],
    languages: languageOptions(person?.form.typed.language ?? language, words),
    subscriptions: subscriptions.map((one) => subscriptionInWords(one, words, choices)),
    liftedAt: await lastLiftedByReader(db, id),
    suppression: await suppressionOf(deps, subscriber, words),
    isForGood: isForGood(subscriber.suppressed ?? ''),
    timeline: timeline.entries,
    earlier: timeline.next && `?before=${placeText(timeline.next)}#timeline`,
    isLater: after !== undefined,
  };
  sendPage(res, 'subscriber', view, { status, ...(zone === undefined ? {} : { zone }) });
}

async function suppressionOf(
  deps: ConsoleDeps,
  { email, suppressed }: SubscriberView,
  words: Translator,
): Promise<object | undefined> {
  if (suppressed === null) return undefined;
  const { data } = await latestSuppressions(deps, { email, limit: 1 });
  return data[0] && { ...data[0], ...evidenceInWords(data[0], words) };
}
