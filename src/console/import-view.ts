// The view of an import's page. Pure.
import type { ImportView } from '../imports/get-import.js';
import type { MessageKey } from '../languages/messages.js';
import type { Translator } from '../languages/translate.js';
import { outcomeWords, type ImportOutcome } from '../imports/outcome.js';

/** The statuses for rows without a status. */
export const statusChoices = [
  { value: '', key: 'imports.asFileSays' },
  { value: 'active', key: 'imports.asActive' },
  { value: 'pending', key: 'imports.asPending' },
  { value: 'unsubscribed', key: 'imports.asUnsubscribed' },
  { value: 'bounced', key: 'imports.asBounced' },
  { value: 'complained', key: 'imports.asComplained' },
  { value: 'suppressed', key: 'imports.asSuppressed' },
] as const satisfies readonly { value: string; key: MessageKey }[];

const sourceNames: Record<NonNullable<ImportView['source']>, string> = {
  'daily-digest': 'Daily Digest',
  mailchimp: 'Mailchimp',
  listmonk: 'listmonk',
  ghost: 'Ghost',
  mailpoet: 'MailPoet',
  substack: 'Substack',
  buttondown: 'Buttondown',
  jetpack: 'Jetpack',
};

const separators: Readonly<Record<string, MessageKey>> = {
  ',': 'imports.commas',
  ';': 'imports.semicolons',
  '\t': 'imports.tabs',
  '|': 'imports.bars',
};

export const isUnderWay = ({ state, undo }: ImportView): boolean =>
  undo ? undo.state !== 'finished' : state === 'queued' || state === 'running';

export function titleOf({ dryRun, source }: ImportView, { t }: Translator): string {
  if (source === null) return t(dryRun ? 'imports.dryRunOfList' : 'imports.importOfList');
  return t(dryRun ? 'imports.dryRunFrom' : 'imports.importFrom', { source: sourceNames[source] });
}

export type ImportState = ImportView['state'] | 'undoing' | 'undone';

export function stateOf({ state, undo }: ImportView): ImportState {
  if (!undo) return state;
  return undo.state === 'finished' ? 'undone' : 'undoing';
}

function fileInWords({ format, encoding, separator, lines }: ImportView, { t }: Translator): string {
  const key = separator === null ? undefined : separators[separator];
  return [
    format === 'csv' ? 'CSV' : 'NDJSON',
    ...(separator === null ? [] : [key ? t(key) : t('imports.separatedBy', { separator })]),
    encoding.toUpperCase(),
    t('imports.lines', { count: lines }),
  ].join(', ');
}

/** An import fails when it is undone before its end, and by an error of ours. */
const failureInWords = ({ failure, undo }: ImportView, { t }: Translator): string | undefined =>
  failure === null ? undefined : t(undo ? 'imports.undoneEarly' : 'imports.unexpected');

/** The view of templates/console/import.hbs. `chosen` is the outcome whose rows the page lists. */
export function importView(
  found: ImportView,
  { chosen, now }: { chosen: ImportOutcome | undefined; now: Date },
  words: Translator,
) {
  const { t } = words;
  const { dryRun, fileKeptUntil, importedAs, outcomes, statuses, mapping, undo, bytes, readBytes } = found;
  const labelOf = (outcome: ImportOutcome): string => t(outcomeWords[outcome][dryRun ? 'would' : 'label']);
  const counted = Object.entries(outcomes) as [ImportOutcome, number][];
  return {
    found,
    title: titleOf(found, words),
    failure: failureInWords(found, words),
    badge: stateOf(found),
    isUnderWay: isUnderWay(found),
    /** A finished dry run whose file can be imported without another upload. */
    canRun: fileKeptUntil !== null && fileKeptUntil > now,
    /** A dry run that must be given its file again. */
    needsFile: dryRun && !isUnderWay(found) && importedAs === null,
    toImport: found.created + found.updated,
    canUndo: !dryRun && !undo && (found.state === 'running' || found.created + found.updated > 0),
    left: found.skipped - found.invalid,
    /** The subscriptions that an undo kept because their readers have acted since. */
    acted: undo ? undo.kept - undo.ended : 0,
    percent: bytes === 0 ? 100 : Math.floor((100 * readBytes) / bytes),
    file: fileInWords(found, words),
    columns: mapping.filter(({ field }) => field !== 'ignore'),
    ignored: mapping.filter(({ field }) => field === 'ignore').map(({ column }) => column),
    statuses: Object.entries(statuses).map(([status, rows]) => ({ status, rows })),
    outcomes: counted.map(([outcome, rows]) => ({
      outcome,
      rows,
      label: labelOf(outcome),
      chosen: outcome === chosen,
    })),
    chosen,
    labels: Object.fromEntries(
      (Object.keys(outcomeWords) as ImportOutcome[]).map((outcome) => [
        outcome,
        { label: labelOf(outcome), badge: outcomeWords[outcome].badge },
      ]),
    ),
  };
}
