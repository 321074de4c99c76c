// Finds the names of what the audit log refers to: 'newsletter:1' is "The Harbour Post".
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { providerInWords } from '../providers/provider-words.js';
import { selectNames, selectNamesByHash } from './store-names.js';
import { partsOf, type Named } from './subject.js';

const withoutNumber = { slug: null, number: null };

/** The names by subject. A subject that does not exist any more is missing. */
export async function nameSubjects(
  { db }: { db: Db },
  subjects: readonly string[],
): Promise<ReadonlyMap<string, Named>> {
  const parts = [...new Set(subjects)].map(partsOf);
  const idsOf = (kind: string): string[] =>
    parts.flatMap(([of, id]) => (of === kind && isId(id) ? [id] : []));
  const rows = await selectNames(db, {
    account: idsOf('account'),
    apiKey: [...idsOf('api-key'), ...idsOf('key')],
    newsletter: idsOf('newsletter'),
    feed: idsOf('feed'),
    post: idsOf('post'),
    issue: idsOf('issue'),
    import: idsOf('import'),
    template: idsOf('template'),
    subscriber: idsOf('subscriber'),
    domainRule: idsOf('domain-rule'),
  });
  const names = new Map<string, Named>(rows.map(({ subject, ...named }) => [subject, named]));
  for (const [kind, id] of parts)
    if (kind === 'provider') names.set(`provider:${id}`, { name: providerInWords(id), ...withoutNumber });
  for (const [subject, named] of await suppressedAmong(db, parts)) names.set(subject, named);
  return names;
}

/** A suppression is named by its reader, as long as the reader exists. */
async function suppressedAmong(
  db: Db,
  parts: readonly (readonly [kind: string, id: string])[],
): Promise<[string, Named][]> {
  const ids = parts.flatMap(([kind, id]) => (kind === 'suppression' ? [id] : []));
  if (ids.length === 0) return [];
  const found = await selectNamesByHash(
    db,
    ids.map((id) => Buffer.from(id, 'base64url')),
  );
  return found.map(({ hash, id, address }) => [
    `suppression:${hash.toString('base64url')}`,
    { name: address, ...withoutNumber, subscriberId: id },
  ]);
}
