// A link's token lets its holder act as the reader: leave, change or erase. A role that may only read must find no
// such token in any answer, and no identifier by which it could invent a bounce.
import { messageId } from '../../src/delivery/message.js';
import { verpSender } from '../../src/mail/verp.js';
import { tidy } from '../../src/mail/smtp-error.js';
import { signTokens } from '../../src/subscribers/tokens.js';
import { useDatabase } from '../support/fixture.js';
import { useEveryRoute } from '../support/every-route.js';
import { links } from '../support/newsroom.js';

const database = useDatabase();
const every = useEveryRoute(database);

const parts = ['html', 'text', 'raw'] as const;

/** The text as a mail program reads it (RFC 2045 section 6.7). */
const unquoted = (text: string): string =>
  text
    .replaceAll(/=\r?\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));

/** Everything that lets its holder act in the name of a reader. */
async function capabilities(): Promise<string[]> {
  const readers = await database.db.query<{ id: string; subscriberId: string }>(
    'select id, subscriber_id from subscriptions',
  );
  const issues = await database.db.query<{ id: string }>('select id from issues');
  return readers.flatMap(({ id, subscriberId }) => [
    ...Object.values(signTokens(links.key, id)),
    ...issues.flatMap((issue) => [
      messageId(links, issue.id, subscriberId, 'news.example.org').replace(/@.*/, ''),
      verpSender(links.verpKey, { issueId: issue.id, subscriberId }, '').replace('@', ''),
    ]),
  ]);
}

async function read(path: string, headers: Record<string, string>): Promise<string> {
  const answer = await fetch(every.app.url + path, { headers, redirect: 'manual' });
  if (answer.headers.get('content-type')?.startsWith('text/event-stream')) {
    const first = await answer.body?.getReader().read();
    await answer.body?.cancel().catch(() => {});
    return new TextDecoder().decode(first?.value);
  }
  const text = await answer.text();
  return text + unquoted(text);
}

test('no answer to a viewer holds what a reader’s link holds', async () => {
  const authorization = `Bearer ${await every.app.key('viewer')}`;
  const cookie = await every.cookieOf('viewer');
  const subscribers = await database.db.query<{ id: string }>('select id from subscribers');
  const forbidden = await capabilities();
  const found: string[] = [];
  for (const declared of every.declared.filter((one) => /^\/(api|console)\//.test(one))) {
    const path = every.fill(declared) ?? declared;
    const queries = declared.endsWith('/preview')
      ? parts.flatMap((part) => [
          `?part=${part}`,
          ...subscribers.map(({ id }) => `?part=${part}&subscriber=${id}`),
        ])
      : [''];
    for (const query of queries) {
      const text = await read(path + query, { authorization, cookie });
      if (forbidden.some((one) => text.includes(one))) found.push(path + query);
    }
  }
  expect(found).toEqual([]);
});

test('the links of a preview lead to no reader', async () => {
  const key = await every.app.key('viewer');
  const delivery = await database.db.one<{ issueId: string; subscriberId: string }>(
    'select issue_id, subscriber_id from deliveries limit 1',
  );
  const before = await database.db.query('select * from subscriptions order by id');
  const { text } = await every.app.api(
    'GET',
    `/issues/${delivery.issueId}/preview?subscriber=${delivery.subscriberId}&part=raw`,
    undefined,
    { key },
  );
  const paths = [...unquoted(text).matchAll(/\/(unsubscribe|preferences)\/[\w-]{28}/g)].map(([path]) => path);
  expect(paths.length).toBeGreaterThan(2);
  for (const path of paths) {
    const body = new URLSearchParams({ action: 'erase-for-good' });
    await fetch(every.app.url + path, { method: 'POST', body });
  }
  expect(await database.db.query('select * from subscriptions order by id')).toEqual(before);
});

test('a relay’s reply that quotes the mail is kept without its tokens', () => {
  const { unsubscribe, preferences } = signTokens(links.key, '7');
  const sender = verpSender(links.verpKey, { issueId: '1', subscriberId: '7' }, 'news.example.org');
  const reply = tidy(
    `554 5.7.1 <${sender}>: listed: https://digest.example.org/unsubscribe/${unsubscribe} and ` +
      `https://digest.example.org/preferences/${preferences}?lang=de, unsubscribe-${unsubscribe}; ` +
      'https://digest.example.org/confirm/abcdefghijklmnopqrstuv',
  );
  expect(reply).toBe(
    '554 5.7.1 <bounces+***@news.example.org>: listed: https://digest.example.org/unsubscribe/*** and ' +
      'https://digest.example.org/preferences/***?lang=de, unsubscribe-***; https://digest.example.org/confirm/***',
  );
});

test('a reply’s own advice stays readable', () => {
  const advice = '550 5.7.26 see https://support.google.com/mail/answer/81126#authentication';
  expect(tidy(advice)).toBe(advice);
});
