// The audit log, for owners: who did what, and the same as a file.
import express, { type Request, type Response, type Router } from 'express';
import { auditActions, auditKinds, type AuditKind } from '../../accounts/audit-actions.js';
import { findAudit, listActors, recordAudit, type AuditQuery } from '../../accounts/audit.js';
import { sendPieces } from '../../api/send-pieces.js';
import { isId } from '../../ids.js';
import { csvField } from '../../imports/export-subscribers.js';
import type { Translator } from '../../languages/translate.js';
import { pageOf } from '../../paging.js';
import { nameSubjects } from '../../reports/name-subjects.js';
import type { ConsoleDeps } from '../deps.js';
import { sendPage, translatorOf } from '../page.js';
import { actorOf, requirePermission } from '../session.js';
import { kindNames } from './sentences.js';
import { actorInWords, entryView, type EntryView } from './view.js';

const shown = 50;
const inFile = 500;
const mostPeople = 200;
const dayMs = 86_400_000;

/** What the form of the page holds. */
interface Asked {
  person: string;
  kind: AuditKind | '';
  from: string;
  to: string;
}

function readAsked({ query }: Request): Asked {
  const value = (name: string): string => {
    const given = query[name];
    return typeof given === 'string' ? given.trim() : '';
  };
  const day = (name: string): string => (Number.isNaN(dayOf(value(name))) ? '' : value(name));
  return {
    person: /^\w+(:\d{1,18})?$/.test(value('person')) ? value('person') : '',
    kind: auditKinds.find((kind) => kind === value('kind')) ?? '',
    from: day('from'),
    to: day('to'),
  };
}

/** The beginning of a day in UTC; NaN if it is none. */
const dayOf = (text: string): number => (/^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN);

const filterOf = ({ person, kind, from, to }: Asked): Omit<AuditQuery, 'limit' | 'before'> => ({
  actor: person || undefined,
  actions: kind === '' ? undefined : auditActions[kind],
  from: from === '' ? undefined : new Date(dayOf(from)),
  to: to === '' ? undefined : new Date(dayOf(to) + dayMs),
});

function linkTo(path: string, asked: Asked, more: Record<string, string> = {}): string {
  const query = new URLSearchParams(
    Object.entries({ ...asked, ...more }).filter(([, value]) => value !== ''),
  );
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

/** A page of entries with their names. */
async function entriesOf(
  { db }: ConsoleDeps,
  words: Translator,
  query: AuditQuery,
): Promise<{ data: EntryView[]; nextCursor: string | null }> {
  const { data, nextCursor } = pageOf(await findAudit(db, { ...query, limit: query.limit + 1 }), query.limit);
  const names = await nameSubjects({ db }, namedIn(data));
  return { data: data.map((entry) => entryView(entry, names, words)), nextCursor };
}

/** An API key acts as 'key:2', and 'api-key:2' is its name. */
const namedIn = (entries: readonly { actor: string; subject: string | null }[]): string[] =>
  entries.flatMap(({ actor, subject }) => (subject === null ? [actor] : [actor, subject]));

async function show(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const words = translatorOf(res);
  const asked = readAsked(req);
  const { before } = req.query;
  const [{ data, nextCursor }, actors] = await Promise.all([
    entriesOf(deps, words, {
      ...filterOf(asked),
      before: typeof before === 'string' && isId(before) ? before : undefined,
      limit: shown,
    }),
    listActors(deps.db, mostPeople),
  ]);
  const names = await nameSubjects(deps, actors);
  sendPage(res, 'audit', {
    asked,
    entries: data,
    people: actors
      .map((actor) => ({
        value: actor,
        label: actorInWords(actor, names, words),
        chosen: actor === asked.person,
      }))
      .toSorted((one, other) => one.label.localeCompare(other.label, words.locale)),
    kinds: auditKinds.map((kind) => ({
      value: kind,
      label: words.t(kindNames[kind]),
      chosen: kind === asked.kind,
    })),
    isFiltered: Object.values(asked).some((value) => value !== ''),
    file: linkTo('/console/audit.csv', asked),
    next: nextCursor && linkTo('/console/audit', asked, { before: nextCursor }),
  });
}

const csvLine = (values: readonly (string | Date | undefined)[]): string =>
  `${values.map(csvField).join(',')}\r\n`;

async function* fileOf(deps: ConsoleDeps, words: Translator, asked: Asked): AsyncGenerator<string> {
  const { t } = words;
  yield csvLine([
    t('audit.whenInFile'),
    t('audit.what'),
    t('audit.about'),
    t('audit.more'),
    t('audit.entry'),
  ]);
  for (let before: string | undefined; ;) {
    const { data, nextCursor } = await entriesOf(deps, words, { ...filterOf(asked), before, limit: inFile });
    yield data.map(({ id, at, what, about, more }) => csvLine([at, what, about, more, id])).join('');
    if (nextCursor === null) return;
    before = nextCursor;
  }
}

/** The log says so before its first entry leaves. */
async function download(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  await recordAudit(deps, { actor: actorOf(res), action: 'audit.export' });
  res.set('Cache-Control', 'no-store');
  res.attachment('audit-log.csv').type('text/csv; charset=utf-8');
  await sendPieces(res, fileOf(deps, translatorOf(res), readAsked(req)));
}

export function auditRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const isOwner = requirePermission('own');
  router.get('/audit', isOwner, (req, res) => show(deps, req, res));
  router.get('/audit.csv', isOwner, (req, res) => download(deps, req, res));
  return router;
}
