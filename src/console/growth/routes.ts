// Growth: how many readers a newsletter has, who joined and left, and why. Every number comes from the sums by day.
import express, { type Request, type Response, type Router } from 'express';
import { csvField } from '../../imports/export-subscribers.js';
import type { Translator } from '../../languages/translate.js';
import type { Newsletter } from '../../newsletters/schema.js';
import { listComments } from '../../preferences/list-leavings.js';
import { dayOf, daysLater, startOf, wrongDays, type AskedDays } from '../../statistics/period.js';
import { newsletterStatistics, type NewsletterStatistics } from '../../statistics/statistics.js';
import { queryField } from '../form-field.js';
import type { ConsoleDeps } from '../deps.js';
import { aboutNewsletter } from '../find-newsletter.js';
import { sendPage, translatorOf } from '../page.js';
import { growthView, periodsOf, reasonInWords, sharesOf, originInWords } from './view.js';

const commentsShown = 30;
const commentsInFile = 10_000;
const linksShown = 20;

/** The days of the address. `wrong`: they are no period, and the page shows the usual one. */
function askedDays(req: Request): { asked: AskedDays; wrong: boolean } {
  const day = (name: string): string | undefined => queryField(req, name) || undefined;
  const asked = { from: day('from'), to: day('to') };
  return wrongDays(asked) === undefined ? { asked, wrong: false } : { asked: {}, wrong: true };
}

const commentsOf = (
  deps: ConsoleDeps,
  newsletterId: string,
  { from, to }: Pick<NewsletterStatistics, 'from' | 'to'>,
  limit: number,
) => listComments(deps, { newsletterId, from: startOf(from), before: startOf(daysLater(to, 1)), limit });

async function show(deps: ConsoleDeps, newsletter: Newsletter, req: Request, res: Response): Promise<void> {
  const { asked, wrong } = askedDays(req);
  const words = translatorOf(res);
  const newsletterId = newsletter.id;
  const growth = await newsletterStatistics(deps, { newsletterId, ...asked });
  const today = dayOf(deps.now());
  const comments = await commentsOf(deps, newsletterId, growth, commentsShown);
  const clicks = growth.clicks.filter(({ people }) => people > 0).slice(0, linksShown);
  const most = Math.max(1, ...clicks.map(({ people }) => people));
  const view = {
    newsletter,
    ...growthView(growth, words),
    periods: periodsOf(growth, today, words),
    wrong,
    today,
    isEmpty:
      growth.readers === 0 && growth.joins.asked === 0 && growth.days.every(({ readers }) => readers === 0),
    comments: comments.map((one) => ({ ...one, said: reasonInWords(one.reason, words) })),
    clicks: clicks.map(({ url, people }) => ({
      url,
      count: people,
      width: Math.round((people / most) * 100),
    })),
    file: `/console/newsletters/${newsletter.slug}/growth.csv?from=${growth.from}&to=${growth.to}`,
  };
  // Its days are days of UTC, those of the comments too.
  sendPage(res, 'growth', view, { zone: 'UTC' });
}

type Row = readonly (string | number)[];

/** The tables as files. They hold sums, and nobody's address, so a viewer may have them. */
const files: Readonly<Record<string, (growth: NewsletterStatistics, words: Translator) => Row[]>> = {
  days: ({ days }) => [
    ['day', 'readers', 'asked', 'joined', 'left'],
    ...days.map(({ day, readers, asked, joined, left }) => [day, readers, asked, joined, left]),
  ],
  sources: ({ joins }, words) => [
    ['source', 'readers'],
    ...sharesOf(joins.bySource, (one) => originInWords(one, words)).map(({ label, count }) => [label, count]),
  ],
  reasons: ({ leaves }, words) => [
    ['reason', 'readers'],
    ...sharesOf(leaves.byReason, (one) => reasonInWords(one, words)).map(({ label, count }) => [
      label,
      count,
    ]),
  ],
  clicks: ({ clicks }) => [['link', 'clicks'], ...clicks.map(({ url, people }) => [url, people])],
};

/** What readers wrote when they left, without their addresses. */
async function commentRows(
  deps: ConsoleDeps,
  newsletterId: string,
  growth: NewsletterStatistics,
  words: Translator,
): Promise<Row[]> {
  const comments = await commentsOf(deps, newsletterId, growth, commentsInFile);
  return [
    ['day', 'reason', 'comment'],
    ...comments.map(({ unsubscribedAt, reason, comment }) => [
      dayOf(unsubscribedAt),
      reasonInWords(reason, words),
      comment ?? '',
    ]),
  ];
}

async function sendFile(
  deps: ConsoleDeps,
  newsletter: Newsletter,
  req: Request,
  res: Response,
): Promise<void> {
  const { of } = req.query;
  const isOfComments = of === 'comments';
  const name = isOfComments ? of : typeof of === 'string' && Object.hasOwn(files, of) ? of : 'days';
  const growth = await newsletterStatistics(deps, { newsletterId: newsletter.id, ...askedDays(req).asked });
  const words = translatorOf(res);
  const rows = isOfComments
    ? await commentRows(deps, newsletter.id, growth, words)
    : (files[name]?.(growth, words) ?? []);
  res
    .attachment(`${newsletter.slug}-${name}-${growth.from}-${growth.to}.csv`)
    .type('csv')
    .send(rows.map((row) => `${row.map((cell) => csvField(cell)).join(',')}\r\n`).join(''));
}

export function growthRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const newsletter = aboutNewsletter(deps);
  router.get('/newsletters/:slug/growth', newsletter(show));
  router.get('/newsletters/:slug/growth.csv', newsletter(sendFile));
  return router;
}
