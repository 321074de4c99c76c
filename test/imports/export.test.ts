// An export can be imported again without loss.
import type { Newsletter } from '../../src/newsletters/schema.js';
import { exportSubscribers, type ExportFormat } from '../../src/imports/export-subscribers.js';
import { useDatabase } from '../support/fixture.js';
import { makeNewsletter } from '../support/newsroom.js';
import { imported, importDeps, type ImportOptions } from './import-support.js';

const database = useDatabase();
let newsletter: Newsletter;

beforeEach(async () => {
  await database.db.change('delete from subscribers');
  await database.db.change('delete from suppressions');
  newsletter = await makeNewsletter(database.db);
});

const deps = () => importDeps(database.db);
const take = (body: string | Buffer, options?: ImportOptions) =>
  imported(database.db, newsletter.id, body, options);

describe('an export', () => {
  const exported = async (format: ExportFormat) => {
    const all: string[] = [];
    for await (const piece of exportSubscribers(deps(), { newsletterId: newsletter.id, format }))
      all.push(piece);
    return all.join('');
  };

  test.each(['csv', 'ndjson'] as const)('as %s comes back without loss', async (format) => {
    newsletter = await makeNewsletter(database.db, {
      topics: ['Town', 'Sport'],
      schedule: { frequencies: ['daily', 'weekly'] },
      customFields: [
        { name: 'city', label: 'Your city', type: 'text' },
        { name: 'age', label: 'Age', type: 'number' },
      ],
    });
    await take(
      [
        'email,name,status,language,topics,frequency,send_time,weekday,timezone,paused_until,plain_text,tracking_agreed_at,requested_at,requested_ip,confirmed_at,confirmed_ip,unsubscribed_at,city,age',
        `=1+1@example.org,=HYPERLINK(1),active,de,Town|Sport,weekly,09:30,5,Europe/Berlin,2050-01-01,true,2024-01-01,2020-01-01 10:00:00,192.0.2.1,2020-01-01 10:05:00,2001:db8::1,,"'-Rome, ""Lazio""",36`,
        '+x@example.org,"-2 ""q"", r",unsubscribed,,,,,,,,,,2020-01-01,,,,2021-02-03 04:05:06,,',
        'b@example.org,,bounced,,,,,,,,,,2020-01-01,,2020-01-02,,2021-01-01,,',
        's@example.org,,suppressed,,,,,,,,,,2020-01-01,,2020-01-02,,,,',
        'e@example.org,,expired,,,,,,,,,,2020-01-01,,,,,,',
      ].join('\n'),
      { basis: 'paper, kept in the cellar' },
    );
    const before = await exported(format);
    const defused =
      format === 'csv'
        ? [
            `'+x@example.org,"'-2 ""q"", r",unsubscribed,`,
            `'=1+1@example.org,'=HYPERLINK(1),active,de,Town|Sport,weekly,09:30,5,Europe/Berlin,`,
          ]
        : [];
    for (const line of defused) expect(before).toContain(`\r\n${line}`);
    for (const table of ['subscribers', 'suppressions', 'reading_times'])
      await database.db.change(`delete from ${table}`);
    const contentType = format === 'csv' ? 'text/csv' : 'application/x-ndjson';
    expect(await take(before, { contentType })).toMatchObject({
      source: 'daily-digest',
      rows: 5,
      created: 5,
      invalid: 0,
    });
    const sorted = (text: string) => text.split(/\r?\n/).toSorted();
    // The second export equals the first, except for the time at which the sweep noticed an expiry.
    expect(sorted(await exported(format))).toEqual(sorted(before));
    // Importing the file once more changes nothing.
    expect(await take(before, { contentType })).toMatchObject({ created: 0, updated: 0 });
  });
});
