// The view of an import's page. Pure.
import type { ImportView } from '../imports/get-import.js';
import { outcomeWords, type ImportOutcome } from '../imports/outcome.js';

/** The statuses for rows without a status. */
export const statusChoices = [
  { value: '', label: 'As the file says, or active' },
  { value: 'active', label: 'Active: they have agreed to get this newsletter' },
  { value: 'pending', label: 'Pending: each gets a confirmation e-mail first' },
  { value: 'unsubscribed', label: 'Unsubscribed' },
  { value: 'bounced', label: 'Bounced' },
  { value: 'complained', label: 'Complained' },
  { value: 'suppressed', label: 'Suppressed: they get no mail' },
];

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

const separators: Record<string, string> = {
  ',': 'commas',
  ';': 'semicolons',
  '\t': 'tabs',
  '|': 'bars',
};

export const isUnderWay = ({ state, undo }: ImportView): boolean =>
  undo ? undo.state !== 'finished' : state === 'queued' || state === 'running';

export const titleOf = ({ dryRun, source }: ImportView): string =>
  `${dryRun ? 'Dry run' : 'Import'} ${source === null ? 'of a list' : `from ${sourceNames[source]}`}`;

export type ImportState = ImportView['state'] | 'undoing' | 'undone';

export function stateOf({ state, undo }: ImportView): ImportState {
  if (!undo) return state;
  return undo.state === 'finished' ? 'undone' : 'undoing';
}

function fileInWords({ format, encoding, separator, lines }: ImportView): string {
  const separated = separator === null ? '' : `, separated by ${separators[separator] ?? `“${separator}”`}`;
  return `${format === 'csv' ? 'CSV' : 'NDJSON'}${separated}, ${encoding.toUpperCase()}, ${lines.toLocaleString('en-GB')} lines`;
}

/** The view of templates/console/import.hbs. `chosen` is the outcome whose rows the page lists. */
export function importView(found: ImportView, chosen: ImportOutcome | undefined, now: Date) {
  const { dryRun, fileKeptUntil, importedAs, outcomes, statuses, mapping, undo, bytes, readBytes } = found;
  const labelOf = (outcome: ImportOutcome): string => outcomeWords[outcome][dryRun ? 'would' : 'label'];
  const counted = Object.entries(outcomes) as [ImportOutcome, number][];
  return {
    found,
    title: titleOf(found),
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
    file: fileInWords(found),
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
