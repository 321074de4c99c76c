// One reader's page: facts with what can be done at the left, what happened at the right.
import type { Request, Response } from 'express';
import type { Db } from '../../db.js';
import { eventsOf } from '../../feedback/events.js';
import { languages } from '../../languages/language.js';
import type { Translator } from '../../languages/translate.js';
import { getNewsletter } from '../../newsletters/get-newsletter.js';
import { selectLeavingsOf } from '../../preferences/person.js';
import { explainIssue } from '../../reports/explain-issue.js';
import { eventInWords } from '../../reports/feedback-words.js';
import { listIssues } from '../../reports/progress.js';
import { getSubscriber } from '../../subscribers/list-subscribers.js';
import type { SubscriberView, SubscriptionView } from '../../subscribers/subscriber-view.js';
import { selectConsents } from '../../subscribers/subscriptions.js';
import {
  isForGood,
  lastLiftedByReader,
  listSuppressions,
  type SuppressionView,
} from '../../subscribers/suppressions.js';
import type { ConsoleDeps } from '../deps.js';
import { queryField } from '../form-field.js';
import { sendPage, translatorOf } from '../page.js';
import { choicesForm } from './choices.js';
import { timelineOf, type Happened } from './timeline.js';

/** Of each newsletter: on the page, and on the page with more. */
const issuesShown = 10;
const issuesAtMost = 100;

/** "daily at 07:30, Europe/Berlin". Undefined: the reader follows the newsletter's schedule. */
function ownTime({ frequency, sendTime, timezone }: SubscriptionView, { t }: Translator): string | undefined {
  if (frequency === null) return undefined;
  return [t('readers.ownTime', { frequency, time: sendTime ?? '' }), timezone].join(', ');
}

/** The newsletter's last issues, each with the reason why this subscriber got it or not. */
async function issuesOf(
  db: Db,
  { subscriberId, newsletterId, limit }: { subscriberId: string; newsletterId: string; limit: number },
  words: Translator,
): Promise<Happened['issues'][number][]> {
  const explained: Happened['issues'][number][] = [];
  for (const issue of await listIssues(db, { newsletterId, limit })) {
    const explanation = await explainIssue(db, { issueId: issue.id, subscriberId }, words);
    if (explanation) explained.push({ issue, explanation });
  }
  return explained;
}

export function sendReaderNotFound(res: Response): void {
  const { t } = translatorOf(res);
  const view = { heading: t('readers.notFound'), text: t('readers.notFoundWhy') };
  sendPage(res, 'message', view, { status: 404 });
}

/** Those of our pages and mails, and the reader's own. */
const languageOptions = (own: string | null, words: Translator): object[] =>
  [...new Set([...languages, ...(own === null ? [] : [own])])].map((tag) => ({
    value: tag,
    label: languageNamed(tag, words),
    chosen: tag === own,
  }));

/** "German" for de, in the language of the page. */
const languageNamed = (tag: string | null, { locale }: Translator): string | undefined =>
  tag === null ? undefined : new Intl.DisplayNames([locale], { type: 'language' }).of(tag);

export async function showReader(
  deps: ConsoleDeps,
  req: Request<{ id: string }>,
  res: Response,
): Promise<void> {
  const { db } = deps;
  const words = translatorOf(res);
  const subscriber = await getSubscriber(deps, req.params.id);
  if (!subscriber) return sendReaderNotFound(res);
  const limit = queryField(req, 'more') === '' ? issuesShown : issuesAtMost;
  const subscriptions = [];
  const issues: Happened['issues'][number][] = [];
  let hasMore = false;
  for (const subscription of subscriber.subscriptions) {
    const newsletter = await getNewsletter(db, subscription.newsletterId);
    if (!newsletter) continue;
    const own = await issuesOf(
      db,
      { subscriberId: subscriber.id, newsletterId: newsletter.id, limit },
      words,
    );
    issues.push(...own);
    hasMore ||= own.length === issuesShown && limit === issuesShown;
    subscriptions.push({
      ...subscription,
      newsletter,
      confirmationReply: subscription.confirmationReply && words.sayReply(subscription.confirmationReply),
      ownTime: ownTime(subscription, words),
      choices: choicesForm(newsletter, subscription, words),
      answers: newsletter.customFields.flatMap(({ name, label }) => {
        const answer = subscription.customFields[name];
        return answer === undefined ? [] : [{ label, answer: String(answer) }];
      }),
    });
  }
  const [consents, leavings, events] = [
    await selectConsents(db, subscriber.id),
    await selectLeavingsOf(db, subscriber.id),
    (await eventsOf(db, subscriber.id)).map((event) => eventInWords(event, words)),
  ];
  sendPage(res, 'subscriber', {
    subscriber,
    language: languageNamed(subscriber.language, words),
    languages: languageOptions(subscriber.language, words),
    subscriptions,
    liftedAt: await lastLiftedByReader(db, subscriber.id),
    suppression: await suppressionOf(deps, subscriber),
    isForGood: isForGood(subscriber.suppressed ?? ''),
    timeline: timelineOf({ subscriptions, consents, leavings, issues, events }, words),
    // One zone for all, said once.
    timelineZone: subscriptions[0]?.newsletter.timezone ?? 'UTC',
    hasMore,
  });
}

export async function suppressionOf(
  deps: ConsoleDeps,
  { email, suppressed }: SubscriberView,
): Promise<SuppressionView | undefined> {
  return suppressed === null ? undefined : (await listSuppressions(deps, { email })).data[0];
}
