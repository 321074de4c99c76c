import express, { type Request, type Response, type Router } from 'express';
import { may } from '../accounts/permission.js';
import { recordAudit } from '../accounts/audit.js';
import { sendTestOfNext } from '../delivery/preview.js';
import { isId } from '../ids.js';
import { listIssues } from '../reports/progress.js';
import { listFeeds } from '../feeds/list-feeds.js';
import { hasGoneOut } from '../issues/issue.js';
import { findReaderOf } from '../issues/as-reader.js';
import { assembleSoon } from '../issues/assemble-now.js';
import { getDraft } from '../issues/edit-draft.js';
import type { SkipReason } from '../issues/freeze.js';
import { prepareNext } from '../issues/prepare-next.js';
import { previewNext, waitingWith, type NextIssue } from '../issues/preview-next.js';
import { coversAll, shownNewsletters } from './scope/shown-newsletters.js';
import type { Translator } from '../languages/translate.js';
import { scheduleInWords } from '../newsletters/schedule-words.js';
import type { Newsletter } from '../newsletters/schema.js';
import { listSubscribers } from '../subscribers/list-subscribers.js';
import { newsletterGrowth } from '../statistics/statistics.js';
import type { ConsoleDeps } from './deps.js';
import { queryField } from './form-field.js';
import { aboutNewsletter, type NewsletterAct } from './find-newsletter.js';
import { answerTest } from './home/answer-test.js';
import { newsletterCards, recentIssues } from './home/cards.js';
import { sendersState } from './home/sender.js';
import { stepsOf } from './home/steps.js';
import { wasFormSeen } from '../form-sightings/sightings.js';
import { tasksOf } from './home/tasks.js';
import { distanceInWords, pageTimes, whenInWords, type PageClock } from '../text/when-words.js';
import { readersOfNext, type ReadersOfNext } from './next-issue/readers-of-next.js';
import { changesSince, readSeen, seenFields, type SeenForm } from './next-issue/seen.js';
import { clockOf, redirectWith, sendMessage, sendSandboxed, sendPage, translatorOf } from './page.js';
import { readersPlot } from './growth/view.js';
import { issueListRows, type IssueListRow } from './report/issue-rows.js';
import { feedBadge } from './routes-feeds.js';
import { actorOf, requireForm, sessionOf } from './session.js';
import { issueStatuses, stateWords } from './state-words.js';
import { sizeInWords } from './size-words.js';
import { escapeHtml } from '../text/escape-html.js';
import { inAskedScheme } from './mail-in-scheme.js';

const issuesOnPage = 50;

async function showAll(deps: ConsoleDeps, res: Response): Promise<void> {
  const newsletters = await shownNewsletters(deps.db, res);
  sendPage(res, 'newsletters', {
    cards: await newsletterCards(deps, newsletters, {
      isOwner: maySeeDelivery(res),
      words: translatorOf(res),
    }),
    mayCreate: coversAll(res) && may(sessionOf(res).account.role, 'write'),
  });
}

const maySeeDelivery = (res: Response): boolean => coversAll(res) && may(sessionOf(res).account.role, 'own');

async function hasJoinedByForm(deps: ConsoleDeps, newsletter: string): Promise<boolean> {
  return (await listSubscribers(deps, { newsletter, source: 'form', limit: 1 })).data.length > 0;
}

/** The last issue that had a recipient, for one line. */
function lastOf(clock: PageClock, issues: readonly IssueListRow[], words: Translator): object | undefined {
  const { t } = words;
  const last = issues.find(({ recipients }) => recipients > 0);
  return (
    last && {
      to: `/console/issues/${last.id}`,
      subject: last.subject ?? t('issue.unnamed', { id: last.id }),
      status: t('report.status', { status: last.status }),
      time: t('when.momentAndDistance', {
        moment: whenInWords(last.slot, clock, words),
        distance: distanceInWords(last.slot, clock.now, words),
      }),
      accepted: last.counts.accepted,
      of: last.recipients,
      refused: last.counts.refused,
      left: last.left ?? 0,
    }
  );
}

async function show(deps: ConsoleDeps, newsletter: Newsletter, _req: Request, res: Response): Promise<void> {
  const newsletterId = newsletter.id;
  const clock = clockOf(res, newsletter.timezone);
  const { now } = clock;
  const words = translatorOf(res);
  const [growth, next, feeds, issues, counted, senderOf] = await Promise.all([
    newsletterGrowth(deps, { newsletterId }),
    previewNext(deps, { newsletterId }),
    listFeeds(deps.db, { newsletterId, limit: 200, now, words: pageTimes(words, clock) }),
    listIssues(deps.db, { newsletterId, limit: recentIssues }, words).then((recent) =>
      issueListRows(deps, recent),
    ),
    readersOfNext(deps, newsletterId),
    sendersState(deps, [newsletter]),
  ]);
  const [sender, isOwner] = [senderOf(newsletter), maySeeDelivery(res)];
  const shown = feeds.data.map((feed) => ({ ...feed, badge: feedBadge(feed.status) }));
  sendPage(res, 'newsletter', {
    newsletter,
    when: scheduleInWords(newsletter.schedule, newsletter.timezone, words),
    nextAt: next?.slot && {
      when: whenInWords(next.slot, clock, words),
      distance: distanceInWords(next.slot, now, words),
      city: words.city(newsletter.timezone),
    },
    next: next && {
      ...next,
      subject: next.rendered?.subject,
      size: next.rendered && sizeInWords(next.rendered, words),
      rendered: undefined,
    },
    waiting: await waitingWith(deps.db, { newsletterId, posts: next?.posts ?? [] }),
    total: next ? next.posts.length + next.more : 0,
    sendable: nothingToSend(newsletter, next, counted) === undefined,
    upTo: counted.upTo,
    canTest: shown.length > 0,
    held: newsletter.schedule.review === 'hold' || next?.held === true,
    todo: (await hasGoneOut(deps.db, newsletterId))
      ? []
      : stepsOf(
          newsletter,
          {
            feeds: shown.length,
            readers: counted.active,
            embedded:
              (await wasFormSeen(deps.db, newsletterId)) || (await hasJoinedByForm(deps, newsletterId)),
            isOwner,
            sender,
          },
          words,
        ),
    feeds: shown,
    tasks: tasksOf({ newsletter, sender, isOwner, issues, feeds: feeds.data, now }, words),
    last: lastOf(clock, issues, words),
    issues,
    readers: counted.readers,
    growth: growth.readers > 0 ? readersPlot(growth, words) : undefined,
  });
}

async function showIssues(
  deps: ConsoleDeps,
  newsletter: Newsletter,
  req: Request,
  res: Response,
): Promise<void> {
  const before = queryField(req, 'before');
  const status = issueStatuses.find((one) => one === queryField(req, 'status'));
  const issues = await listIssues(deps.db, {
    newsletterId: newsletter.id,
    before: isId(before) ? before : undefined,
    status,
    limit: issuesOnPage + 1,
  });
  const shown = issues.slice(0, issuesOnPage);
  const last = issues.length > shown.length ? shown.at(-1)?.id : undefined;
  const words = translatorOf(res);
  const home = `/console/newsletters/${newsletter.slug}/issues`;
  sendPage(res, 'issues', {
    newsletter,
    issues: await issueListRows(deps, shown),
    home,
    isFiltered: status !== undefined,
    statuses: [
      { to: home, label: words.t('report.all'), current: status === undefined },
      ...issueStatuses.map((one) => ({
        to: `${home}?status=${one}`,
        label: stateWords(words).issue[one],
        current: one === status,
      })),
    ],
    next: last && `?${new URLSearchParams({ ...(status && { status }), before: last }).toString()}`,
  });
}

/** Sends the next digest to the person who asks. */
async function test(deps: ConsoleDeps, newsletter: Newsletter, req: Request, res: Response): Promise<void> {
  const home = `/console/newsletters/${newsletter.slug}`;
  const back = queryField(req, 'from') === 'next-issue' ? `${home}/next-issue` : home;
  const { email } = sessionOf(res).account;
  const tested = await sendTestOfNext(deps, { newsletterId: newsletter.id, to: [email] });
  if (tested.ok) {
    const subject = `newsletter:${newsletter.id}`;
    await recordAudit(deps, { actor: actorOf(res), action: 'newsletter.test', subject });
  }
  answerTest(res, tested, back);
}

async function showNext(
  deps: ConsoleDeps,
  newsletter: Newsletter,
  req: Request,
  res: Response,
): Promise<void> {
  const subscriberId = queryField(req, 'reader');
  const reader = subscriberId === '' ? undefined : await findReaderOf(deps, newsletter, { subscriberId });
  const isReader = subscriberId === '' || reader !== undefined;
  const next = isReader ? await previewNext(deps, { newsletterId: newsletter.id, reader }) : undefined;
  if (!next?.rendered) {
    const { t } = translatorOf(res);
    return sendMessage(res, 404, t('home.nothingNew'), t('home.nothingToShow'));
  }
  const { html, text } = next.rendered;
  if (req.query['part'] === 'text') return sendSandboxed(res, `<pre>${escapeHtml(text)}</pre>`);
  sendSandboxed(res, inAskedScheme(html, req.query['scheme']));
}

/** Why "send now" would send nothing, as far as can be said at once. */
function nothingToSend(
  { postalAddress }: Newsletter,
  next: NextIssue | undefined,
  { active, readers }: ReadersOfNext,
): SkipReason | undefined {
  if (postalAddress === null) return 'no-postal-address';
  if (active === 0) return 'no-readers';
  return next?.rendered === undefined || readers === 0 ? 'nothing-new' : undefined;
}

/** The page that asks whether to send now. */
const confirmSend: NewsletterAct = async (deps, newsletter, _req, res) => askToSend(deps, newsletter, res);

/** `refused`: the form of a person who saw an earlier draft. */
async function askToSend(
  deps: ConsoleDeps,
  newsletter: Newsletter,
  res: Response,
  refused?: SeenForm,
): Promise<void> {
  const back = `/console/newsletters/${newsletter.slug}`;
  // The version first: an edit in between makes the form stale.
  const { version } = await getDraft(deps.db, newsletter.id);
  const [next, counted] = await Promise.all([
    previewNext(deps, { newsletterId: newsletter.id }),
    readersOfNext(deps, newsletter.id),
  ]);
  const reason = nothingToSend(newsletter, next, counted);
  if (reason !== undefined) return redirectWith(res, back, reason);
  const posts = next?.posts ?? [];
  const seen = { version, subject: next?.rendered?.subject ?? '', posts };
  const drafted = refused && (await prepareNext(deps, { newsletterId: newsletter.id }));
  const titles = new Map(drafted?.posts.map(({ id, ownTitle }) => [id, ownTitle]));
  const view = {
    newsletter,
    back,
    seen: seenFields(seen),
    changed: refused && changesSince(refused, seen, titles, translatorOf(res)),
    ...counted,
    held: newsletter.schedule.review === 'hold' || next?.held === true,
    posts,
    waiting: await waitingWith(deps.db, { newsletterId: newsletter.id, posts }),
    subject: next?.rendered?.subject,
  };
  sendPage(res, 'send', view, { status: refused === undefined ? 200 : 409 });
}

const send: NewsletterAct = async (deps, newsletter, req, res) => {
  const back = `/console/newsletters/${newsletter.slug}`;
  const next = await previewNext(deps, { newsletterId: newsletter.id });
  const reason = nothingToSend(newsletter, next, await readersOfNext(deps, newsletter.id));
  if (reason !== undefined) return redirectWith(res, back, reason);
  const form = readSeen(req.body);
  const { version } = await getDraft(deps.db, newsletter.id);
  if (form.version !== undefined && form.version !== version) return askToSend(deps, newsletter, res, form);
  const result = await assembleSoon(deps, { newsletterId: newsletter.id, seenDraft: form.version });
  if (result.status !== 'created')
    return redirectWith(res, back, result.status === 'sending-held' ? result.status : 'nothing-new');
  const subject = `issue:${result.issueId}`;
  await recordAudit(deps, { actor: actorOf(res), action: 'issue.assemble', subject });
  res.redirect(303, `/console/issues/${result.issueId}`);
};

export function newsletterRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const newsletter = aboutNewsletter(deps);
  router.get('/', (_req, res) => showAll(deps, res));
  router.get('/newsletters/:slug', newsletter(show));
  router.get('/newsletters/:slug/issues', newsletter(showIssues));
  router.get('/newsletters/:slug/next', newsletter(showNext));
  router.post('/newsletters/:slug/test', requireForm(deps), newsletter(test));
  router.get('/newsletters/:slug/send', newsletter(confirmSend));
  router.post('/newsletters/:slug/send', requireForm(deps), newsletter(send));
  return router;
}
