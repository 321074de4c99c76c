// The recipients of an issue: each reader with the state of their message, found by state or by address.
import express, { type Router } from 'express';
import { recordAudit } from '../../accounts/audit.js';
import { sendPieces } from '../../api/send-pieces.js';
import type { DeliveryState } from '../../delivery/counts.js';
import type { Db } from '../../db.js';
import { isId } from '../../ids.js';
import type { Translator } from '../../languages/translate.js';
import { csvField } from '../../imports/export-subscribers.js';
import { deliveriesOf, listDeliveries, type DeliveryView } from '../../reports/list-deliveries.js';
import { replyInWords } from '../../reports/reply-words.js';
import { listSubscribers } from '../../subscribers/list-subscribers.js';
import type { ConsoleDeps } from '../deps.js';
import { sendPage, translatorOf } from '../page.js';
import { actorOf, requirePermission } from '../session.js';
import { queryField } from '../form-field.js';
import { aboutIssue, type FoundIssue, type IssuePageAct } from './find-issue.js';
import { replyWithoutAddresses } from '../../delivery/problems/group-problems.js';
import { filterStates, headView } from './view.js';

const shown = 50;
const inFile = 2_000;
const shortestSearch = 3;
const longestSearch = 200;

interface Found {
  recipients: object[];
  next?: string | undefined;
}

function viewOf(one: DeliveryView, words: Translator): object {
  const reply = replyInWords(one, words);
  return { ...one, said: replyWithoutAddresses(reply.words), isForeign: reply.isForeign };
}

async function inState(
  db: Db,
  issueId: string,
  query: { state: DeliveryState | undefined; after: string },
  words: Translator,
): Promise<Found> {
  const { data, next } = await listDeliveries(db, {
    issueId,
    state: query.state,
    after: isId(query.after) ? query.after : undefined,
    limit: shown,
  });
  return { recipients: data.map((one) => viewOf(one, words)), next: next ?? undefined };
}

/** "Did X get it?": the newsletter's readers with this text in their address, also those without a message. */
async function matching(
  deps: ConsoleDeps,
  { issue, newsletter }: FoundIssue,
  { search, after }: { search: string; after: string },
  words: Translator,
): Promise<Found> {
  const { data, nextCursor } = await listSubscribers(deps, {
    search,
    newsletter: newsletter.id,
    cursor: after || undefined,
    limit: shown,
  });
  const own = await deliveriesOf(deps.db, { issueId: issue.id, subscriberIds: data.map(({ id }) => id) });
  const byReader = new Map(own.map((one) => [one.subscriberId, one]));
  return {
    recipients: data.map(({ id, email }) => {
      const delivery = byReader.get(id);
      return delivery ? viewOf(delivery, words) : { subscriberId: id, email, state: undefined };
    }),
    next: nextCursor ?? undefined,
  };
}

const list: IssuePageAct = async (deps, found, req, res) => {
  const { issue, newsletter } = found;
  const words = translatorOf(res);
  const search = queryField(req, 'search').slice(0, longestSearch);
  const state = filterStates.find((one) => one === queryField(req, 'state'));
  const after = queryField(req, 'after');
  const isTooShort = search !== '' && search.length < shortestSearch;
  const { recipients, next } = isTooShort
    ? { recipients: [], next: undefined }
    : search === ''
      ? await inState(deps.db, issue.id, { state, after }, words)
      : await matching(deps, found, { search, after }, words);
  const base = `/console/issues/${issue.id}/recipients`;
  sendPage(res, 'issue-recipients', {
    ...headView(issue, newsletter, 'recipients', words),
    base,
    search,
    isTooShort,
    recipients,
    filters: [
      { to: base, label: words.t('report.all'), current: state === undefined && search === '' },
      ...filterStates
        .filter((one) => issue.counts[one] > 0 || one === state)
        .map((one) => ({
          to: `${base}?state=${one}`,
          label: words.t('report.state', { state: one }),
          count: issue.counts[one],
          current: one === state && search === '',
        })),
    ],
    next:
      next &&
      `${base}?${new URLSearchParams({ ...(search ? { search } : state && { state }), after: next }).toString()}`,
    file: `${base}.csv${state && search === '' ? `?state=${state}` : ''}`,
  });
};

async function* fileOf(db: Db, issueId: string, state: DeliveryState | undefined): AsyncGenerator<string> {
  yield 'email,state,reply,changed_at\r\n';
  for (let after: string | null = '0'; after !== null;) {
    const page: Awaited<ReturnType<typeof listDeliveries>> = await listDeliveries(db, {
      issueId,
      state,
      after,
      limit: inFile,
    });
    yield page.data
      .map(
        ({ email, state: now, reply, changedAt }) =>
          `${[email, now, reply, changedAt].map((one) => csvField(one)).join(',')}\r\n`,
      )
      .join('');
    after = page.next;
  }
}

/** The log says so before the first address leaves. */
const download: IssuePageAct = async (deps, { issue }, req, res) => {
  const state = filterStates.find((one) => one === queryField(req, 'state'));
  await recordAudit(deps, {
    actor: actorOf(res),
    action: 'subscribers.export',
    subject: `issue:${issue.id}`,
  });
  res.set('Cache-Control', 'no-store');
  res.attachment(`issue-${issue.id}-recipients.csv`).type('text/csv; charset=utf-8');
  await sendPieces(res, fileOf(deps.db, issue.id, state));
};

export function recipientRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const issue = aboutIssue(deps);
  router.get('/issues/:id/recipients', issue(list));
  router.get('/issues/:id/recipients.csv', requirePermission('write'), issue(download));
  return router;
}
