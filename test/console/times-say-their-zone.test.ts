// Every page with times says the day and the distance, and names their zone once.
import { createApiKey } from '../../src/accounts/api-keys.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { makeAccount, visitor } from './browser-session.js';
import { makeEverything } from './every-state.js';

const database = useDatabase();
const app = useApp(database);
const pages = new Map<string, string>();

/** What a person reads of a page: neither code nor attributes. */
const textOf = (html: string): string =>
  html
    .replaceAll(/<(script|style|code|textarea|select|option)\b.*?<\/\1>/gs, ' ')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');

/** A time with its day: "yesterday 07:00", "30 Nov 2026, 07:00". Not that of a schedule: "Every day at 07:00". */
const clockTime = /(?:today|yesterday|tomorrow|day|\d{4},) \d\d:\d\d/;
const zoneNames = (text: string): string[] => [
  ...(text.match(/Times are in .*?\./g) ?? []),
  // The sentence about the next issue names its place.
  ...(/^.*?(?:goes out|is due|held for review) .*? \(Tokyo\)/.test(text) ? ['(Tokyo)'] : []),
];

async function walk(from: readonly string[]): Promise<void> {
  const owner = visitor(app.url);
  await owner.signIn(await makeAccount(database.db, 'owner'));
  const queue = [...from];
  const seen = new Set(queue);
  for (const path of queue) {
    const { status, text } = await owner.get(path);
    if (status !== 200) continue;
    pages.set(path, text.slice(text.indexOf('<main')));
    for (const [, link = ''] of text.matchAll(/href="(\/console[^"#]*)/g)) {
      const next = link.replaceAll('&amp;', '&');
      if (seen.has(next) || /\.(csv|ndjson)|preview|sign-out|[?](?:after|before|outcome)=/.test(next))
        continue;
      seen.add(next);
      queue.push(next);
    }
  }
}

beforeAll(async () => {
  const { db } = database;
  const made = await makeEverything(db);
  await db.change(`update newsletters set timezone = 'Asia/Tokyo' where id = $1`, [made.newsletterId]);
  await createApiKey(database, { name: 'The shop', role: 'editor' });
  await db.change('update api_keys set last_used_at = now()');
  await db.change(
    `insert into webhooks (url, events, secret, created_at) values ('https://example.org/', '{}', '\\x00', now())`,
  );
  await db.change(
    `update feeds set moved_from = 'https://old.example/', moved_at = now() where gone_at is null`,
  );
  await db.change(
    `insert into webhook_deliveries (webhook_id, event, data, happened_at, due_at, retry_until, attempts, tried_at)
     select id, 'issue.finished', '{}', now(), now(), now(), 1234, now()
       from webhooks`,
  );
  await db.change(
    `insert into mail_templates (newsletter_id, version, mjml, created_by, created_at)
     values ($1, 1, '<mjml></mjml>', 'cli', now())`,
    [made.newsletterId],
  );
  await db.change(`insert into ghost_secrets (newsletter_id, salt, made_at) values ($1, 'x', now())`, [
    made.newsletterId,
  ]);
  // A restored database: every page says that sending is on hold.
  await db.change(
    `update lifeline set held_at = now(), hold_reason = 'restored', lost_from = now(), lost_until = now()`,
  );
  await db.change('update issues set number = 1234 where number = 1');
  const readers = await db.query<{ id: string }>('select id from subscribers order by id');
  await walk([
    '/console',
    '/console/sending',
    '/console/sending/resume?provider=google',
    `/console/newsletters/every-state/imports/${made.importId}`,
    ...made.issueIds.map((id) => `/console/issues/${id}`),
    ...readers.flatMap(({ id }) => [
      `/console/subscribers/${id}`,
      `/console/issues/${made.issueIds[0]}/why?subscriber=${id}`,
    ]),
  ]);
});

test('pages of each kind have times', () => {
  expect(pages.size).toBeGreaterThan(60);
  const withTimes = [...pages].filter(([, html]) => clockTime.test(textOf(html))).map(([path]) => path);
  const kinds = [
    ...['audit', 'team', 'profile', 'sending', 'delivery/suppressions'].map((name) => `/console/${name}`),
    ...['integrations', 'integrations/ghost', 'integrations/webhooks'].map((name) => `/console/${name}`),
    ...['issues', 'posts', 'feeds', 'imports', 'look'].map(
      (name) => `/console/newsletters/every-state/${name}`,
    ),
  ];
  expect(withTimes).toEqual(expect.arrayContaining(kinds));
  const named = [
    /\/feeds\/\d+$/,
    /\/imports\/\d+$/,
    /\/webhooks\/\d+$/,
    /\/issues\/\d+$/,
    /\/recipients$/,
    /\/why$/,
    /\/review$/,
    /\/subscribers\/\d+$/,
  ];
  for (const kind of named) expect(withTimes).toContainEqual(expect.stringMatching(kind));
});

test('every time is an element with its instant and a title', () => {
  const wrong = [...pages].flatMap(([path, html]) =>
    [...html.matchAll(/<time\b([^>]*)>/g)]
      .filter(([, attributes = '']) => !/datetime="\d{4}-\d\d-\d\dT[\d:.]+Z" title="[^"]+"/.test(attributes))
      .map(([element]) => `${path}: ${element}`),
  );
  expect(wrong).toEqual([]);
});

test('every near time says its distance', () => {
  const wrong = [...pages].flatMap(([path, html]) =>
    [...html.matchAll(/<time\b[^>]*>(.*?)<\/time>/gs)]
      .map(([, words = '']) => textOf(words).trim())
      .filter((words) =>
        /(?:today|yesterday|tomorrow|day) \d\d:\d\d(?!, (?:.* ago|in .*|just now|now))/.test(words),
      )
      .map((words) => `${path}: ${words}`),
  );
  expect(wrong).toEqual([]);
});

test('every page with times names their zone once, and no other page names one', () => {
  const wrong = [...pages].flatMap(([path, html]) => {
    const text = textOf(html);
    const names = zoneNames(text);
    return names.length === (clockTime.test(text) ? 1 : 0) || names[0] === '(Tokyo)'
      ? []
      : [`${path}: ${names.join(' ') || clockTime.exec(text)?.[0]}`];
  });
  expect(wrong).toEqual([]);
});

test('the pages of a newsletter are in its zone, and none says UTC beside it', () => {
  const wrong = [...pages].flatMap(([path, html]) => {
    const text = textOf(html);
    const isOwn = /every-state|\/issues\/|\/subscribers\/\d/.test(path) && !/\/growth/.test(path);
    return isOwn && / UTC\b/.test(text) ? [`${path}: ${/.{40} UTC\b/.exec(text)?.[0]}`] : [];
  });
  expect(wrong).toEqual([]);
});

test('a number of four digits has its separator', () => {
  const wrong = [...pages].flatMap(([path, html]) => (/\b1234\b/.test(textOf(html)) ? [path] : []));
  expect(wrong).toEqual([]);
  expect([...pages.values()].filter((html) => textOf(html).includes('1,234')).length).toBeGreaterThan(3);
});
