// The report that `subscribers import` prints: the changes of an import, or those of a dry run.
import { stateWords } from '../console/state-words.js';
import type { ImportView } from '../imports/get-import.js';
import { translator } from '../languages/translate.js';
import { outcomeWords } from '../imports/outcome.js';

export const number = (count: number): string => count.toLocaleString('en-US');

/** "3 active, 2 waiting for confirmation". */
const counts = <Name extends string>(
  rows: Partial<Record<Name, number>>,
  words: (name: Name) => string,
): string =>
  (Object.entries(rows) as [Name, number][])
    .map(([name, count]) => `${number(count)} ${words(name)}`)
    .join(', ');

function formatLines({ source, format, encoding, separator, mapping }: ImportView): string[] {
  const used = mapping.filter(({ field }) => field !== 'ignore');
  const ignored = mapping.filter(({ field }) => field === 'ignore').map(({ column }) => column);
  return [
    `${source === null ? 'A file of an unknown service' : `An export of ${source}`}, ${format}, ${encoding}` +
      (separator === null ? '' : `, columns separated by ${JSON.stringify(separator)}`),
    `columns: ${used.map(({ column, field }) => (column === field ? field : `${column} is ${field}`)).join(', ')}`,
    ...(ignored.length > 0 ? [`ignored columns: ${ignored.join(', ')}`] : []),
  ];
}

function errorLines({ errors, invalid, failure }: ImportView): string[] {
  return [
    ...errors.slice(0, 20).map(({ line, reason }) => `line ${line}: ${reason}`),
    ...(invalid > 20 ? [`… and ${number(invalid - 20)} more errors`] : []),
    ...(failure === null ? [] : [failure]),
  ];
}

function nextStep({ id, dryRun, created, updated, fileKeptUntil, basis }: ImportView): string[] {
  if (dryRun)
    return fileKeptUntil === null
      ? []
      : [
          `To import this file, within a day: npx daily-digest subscribers import --run ${id}` +
            (basis === '' ? ` --basis 'why you may mail these people'` : ''),
        ];
  return created + updated === 0
    ? []
    : [`To undo this import: npx daily-digest subscribers import --undo ${id}`];
}

export function reportOf(done: ImportView): string[] {
  const { dryRun, outcomes, statuses } = done;
  const english = translator('en');
  const words = stateWords(english);
  const would = dryRun ? 'would be ' : '';
  return [
    ...formatLines(done),
    ...errorLines(done),
    `rows: ${counts(outcomes, (outcome) => english.t(outcomeWords[outcome][dryRun ? 'would' : 'label'])) || 'none'}`,
    ...(Object.keys(statuses).length > 0
      ? [`created and updated: ${counts(statuses, (status) => words.subscription[status])}`]
      : []),
    ...(done.toConfirm > 0 ? [`${number(done.toConfirm)} readers will get a mail to confirm.`] : []),
    ...((statuses.expired ?? 0) > 0
      ? [
          'Expired readers signed up more than seven days ago and never confirmed. They get no mail. ' +
            'To ask them again, use --ask-all.',
        ]
      : []),
    `${number(done.rows)} rows: ${number(done.created)} ${would}created, ${number(done.updated)} ${would}updated, ` +
      `${number(done.skipped)} unchanged or invalid.`,
    ...nextStep(done),
  ];
}
