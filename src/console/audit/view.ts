// Entries of the audit log as people read them. Pure.
import { isAuditAction } from '../../accounts/audit-actions.js';
import type { LoggedAct } from '../../accounts/audit.js';
import type { Translator } from '../../languages/translate.js';
import { partsOf, type Named } from '../../reports/subject.js';
import { formatNumber } from '../../text/words.js';
import { sentences } from './sentences.js';

export interface EntryView {
  id: string;
  at: Date;
  /** "owner@example.org erased a reader" */
  what: string;
  /** The name of what it was about. */
  about: string | undefined;
  /** The page of what it was about. */
  page: string | undefined;
  /** The caller's network, or the reason that was given. */
  more: string | undefined;
}

type Names = ReadonlyMap<string, Named>;
type Words = Pick<Translator, 't' | 'locale'>;

/** 'account:1' as "owner@example.org". */
export function actorInWords(actor: string, names: Names, { t }: Words): string {
  const [kind, id] = partsOf(actor);
  if (kind === 'cli') return t('audit.byCli');
  if (kind === 'reader') return t('audit.byReader');
  if (kind === 'anonymous') return t('audit.byAnonymous');
  if (kind === 'key') {
    const name = names.get(`api-key:${id}`)?.name;
    return name === undefined ? t('audit.byKey', { id }) : t('audit.byNamedKey', { name });
  }
  return names.get(actor)?.name ?? t('audit.byDeleted', { id });
}

function aboutInWords(subject: string | null, names: Names, { t, locale }: Words): string | undefined {
  if (subject === null) return undefined;
  const [kind, id] = partsOf(subject);
  if (kind === 'sending') return id === 'sent' ? t('audit.asSent') : t('audit.asUnsent');
  const named = names.get(subject);
  if (named === undefined)
    return kind === 'subscriber'
      ? t('audit.erasedReader', { id })
      : kind === 'suppression'
        ? t('audit.unknownAddress')
        : t('audit.gone', { id });
  const { name, number } = named;
  if (kind === 'issue' && number !== null)
    return t('audit.issueNumber', { name, number: formatNumber(number, locale) });
  if (kind === 'template' && number !== null) return t('audit.version', { name, number: String(number) });
  return name;
}

function pageOf(subject: string | null, names: Names): string | undefined {
  const named = subject === null ? undefined : names.get(subject);
  if (subject === null || named === undefined) return undefined;
  const [kind, id] = partsOf(subject);
  const home = `/console/newsletters/${named.slug}`;
  switch (kind) {
    case 'newsletter':
      return home;
    case 'feed':
      return `${home}/feeds/${id}`;
    case 'import':
      return `${home}/imports/${id}`;
    case 'template':
      return `${home}/look`;
    case 'issue':
      return `/console/issues/${id}`;
    case 'subscriber':
      return `/console/subscribers/${id}`;
    case 'suppression':
      return `/console/subscribers/${named.subscriberId}`;
    default:
      return undefined;
  }
}

function moreInWords(detail: unknown, { t }: Words): string | undefined {
  const { caller, note, count, passkey } = (detail ?? {}) as Partial<
    Record<'caller' | 'note' | 'count' | 'passkey', unknown>
  >;
  if (typeof caller === 'string')
    return caller === 'this machine' ? t('audit.fromHere') : t('audit.from', { caller });
  if (typeof passkey === 'string') return passkey;
  if (typeof note === 'string') return t('audit.reason', { note });
  return typeof count === 'number' ? t('audit.domains', { count }) : undefined;
}

export function entryView(
  { id, at, actor, action, subject, detail }: LoggedAct,
  names: Names,
  words: Words,
): EntryView {
  const who = actorInWords(actor, names, words);
  return {
    id,
    at,
    // An entry of another version may have an action that this one does not know.
    what: words.t(isAuditAction(action) ? sentences[action] : 'audit.unknown', { who }),
    about: aboutInWords(subject, names, words),
    page: pageOf(subject, names),
    more: moreInWords(detail, words),
  };
}
