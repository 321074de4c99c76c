// docs/monitoring/README.md names messages of the log and spans as the program writes them: operators search for them.
import { readdirSync, readFileSync } from 'node:fs';
import { packageRoot } from '../../src/config/environment.js';

const read = (file: string): string => readFileSync(new URL(file, packageRoot), 'utf8');
const code = ['src/', 'workers/']
  .flatMap((folder) =>
    readdirSync(new URL(folder, packageRoot), { recursive: true }).map((file) => `${folder}${String(file)}`),
  )
  .filter((file) => file.endsWith('.ts'))
  .map(read)
  .join('\n');

const document = read('docs/monitoring/README.md');
/** The first cells of the table whose head begins with `head`. */
function namedIn(head: string): string[] {
  const [, after = ''] = document.split(new RegExp(`^\\| ${head} .*\\n`, 'm'));
  const [table = ''] = after.split('\n\n');
  return [...table.matchAll(/^\| (`.*?) +\|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  );
}

test('the messages are in the code', () => {
  const messages = namedIn('message');
  expect(messages.length).toBeGreaterThan(20);
  expect(
    messages.filter((message) => !["'", '"', '`'].some((quote) => code.includes(quote + message))),
  ).toEqual([]);
});

test('the fields are in the code', () => {
  const fields = namedIn('field').filter((field) => !['level', 'time', 'msg'].includes(field));
  expect(fields.length).toBeGreaterThan(15);
  expect(fields.filter((field) => !new RegExp(`\\b${field}\\b[,:]? `).test(code))).toEqual([]);
});

test('the spans are in the code', () => {
  const spans = namedIn('span');
  expect(spans.length).toBeGreaterThan(15);
  const isWritten = (span: string): boolean => {
    const [verb = '', queue = '', kind = ''] = span.split(' ');
    if (verb === 'job' || verb === 'enqueue') return code.includes(`'${queue} ${kind}': '`);
    return code.includes(`'${span}'`) || (verb === 'POST' && code.includes(`'${queue}'`));
  };
  expect(spans.filter((span) => !isWritten(span))).toEqual([]);
});
