// Exports in the form that each service writes. import-sources.ts cites the documentation of their columns.
import type { Newsletter } from '../../src/newsletters/schema.js';
import { useDatabase } from '../support/fixture.js';
import { makeNewsletter } from '../support/newsroom.js';
import { imported, statuses, tryStart, type ImportOptions } from './import-support.js';

const database = useDatabase();
let newsletter: Newsletter;

beforeEach(async () => {
  await database.db.change('delete from subscribers');
  await database.db.change('delete from suppressions');
  newsletter = await makeNewsletter(database.db, {
    topics: ['Town', 'Sport'],
    customFields: [
      { name: 'city', label: 'Your city', type: 'text' },
      { name: 'age', label: 'Age', type: 'number' },
    ],
  });
});

interface Kept {
  email: string;
  name: string | null;
  requested: string | null;
  confirmed: string | null;
  left: string | null;
  topics: string[] | null;
  fields: object;
  suppressed: string | null;
  ip: string | null;
  detail: Record<string, unknown>;
}

async function take(text: string, options: ImportOptions = {}) {
  const done = await imported(database.db, newsletter.id, text, { basis: 'moved', ...options });
  const rows = await database.db.query<Kept>(
    `select r.address as email, r.name, to_char(s.requested_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as requested,
       to_char(s.confirmed_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as confirmed,
       to_char(s.unsubscribed_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as left, s.topics, s.custom_fields as fields,
       u.reason as suppressed, host(c.ip) as ip, c.detail
     from subscriptions s join subscribers r on r.id = s.subscriber_id join consents c on c.subscription_id = s.id
     left join suppressions u on u.address_hash = r.address_hash order by r.address_key`,
  );
  return {
    source: done.source,
    statuses: await statuses(database.db, newsletter.id),
    kept: Object.fromEntries(rows.map(({ email, ...row }) => [email.split('@')[0], row])),
  };
}

const mailchimp =
  '"Email Address","First Name","Last Name",Address,"Your city",MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION';

test('Mailchimp: an audience’s four files', async () => {
  const subscribed = await take(
    `${mailchimp},LAST_CHANGED,LEID,EUID,NOTES,TAGS
ada@example.org,Ada,Lovelace,,London,2,"2013-06-25 17:37:01",192.0.2.1,"2013-06-25 17:38:27",192.0.2.2,47.66,-122.29,-8,-7,America/Los_Angeles,US,WA,"2013-06-27 12:11:50",44877845,c2cb0681af,,"""VIP"",""sport"""
bob@example.org,,,,,2,,,"2014-01-02 03:04:05",,,,,,,,,"2014-01-02 03:04:05",44877846,c2cb0681b0,,
`,
    { fileName: '/tmp/subscribed_email_audience_export_5a0f.csv' },
  );
  expect(subscribed).toMatchObject({
    source: 'mailchimp',
    statuses: { 'ada@example.org': 'active', 'bob@example.org': 'active' },
    kept: {
      ada: {
        name: 'Ada Lovelace',
        requested: '2013-06-25 17:37',
        confirmed: '2013-06-25 17:38',
        // VIP is not a topic of this newsletter. Read as a topic, it would keep every post from the reader.
        topics: ['Sport'],
        fields: { city: 'London' },
        ip: '192.0.2.2',
        detail: {
          basis: 'moved',
          source: 'mailchimp',
          status: 'active',
          requestedIp: '192.0.2.1',
          confirmedIp: '192.0.2.2',
          tags: ['VIP', 'sport'],
        },
      },
      bob: { name: null, requested: '2014-01-02 03:04', confirmed: '2014-01-02 03:04', topics: null },
    },
  });
  const unsubscribed = await take(
    `${mailchimp},UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER,LEID,EUID,NOTES,TAGS
ada@example.org,Ada,Lovelace,,,2,"2013-06-25 17:37:01",,"2013-06-25 17:38:27",,,,,,,,,"2015-01-01 10:00:00",News,1,NORMAL,,1,a,,
carl@example.org,Carl,,,,2,,,"2014-01-02 03:04:05",,,,,,,,,"2015-01-01 10:00:00",News,1,SPAM,,2,b,,
`,
  );
  expect(unsubscribed).toMatchObject({
    source: 'mailchimp',
    statuses: { 'ada@example.org': 'unsubscribed', 'carl@example.org': 'unsubscribed' },
    kept: { carl: { left: '2015-01-01 10:00', detail: { reason: 'SPAM', status: 'unsubscribed' } } },
  });
  const cleaned = await take(
    `${mailchimp},CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,LEID,EUID,NOTES,TAGS
dora@example.org,Dora,,,,2,,,"2014-01-02 03:04:05",,,,,,,,,"2015-01-01 10:00:00",News,1,3,c,,
`,
  );
  expect(cleaned).toMatchObject({
    statuses: { 'dora@example.org': 'suppressed' },
    kept: { dora: { suppressed: 'bounce', left: '2015-01-01 10:00' } },
  });
  expect(
    await tryStart(database.db, newsletter.id, `${mailchimp},LEID,EUID\n`, {
      fileName: 'nonsubscribed_email_audience_export_5a0f.csv',
    }),
  ).toMatchObject({ status: 'refused', code: 'never-subscribed' });
});

test('listmonk: attributes in JSON, and times as Go writes them', async () => {
  expect(
    await take(`uuid,email,name,attributes,status,created_at,updated_at
9a5ef3e9-0000-4000-8000-000000000001,ada@example.org,Ada,"{""city"": ""London"", ""age"": 36, ""tags"": [""Town""]}",enabled,2023-01-02 15:04:05.123456 +0000 UTC,2023-01-02 15:04:05.123456 +0000 UTC
9a5ef3e9-0000-4000-8000-000000000002,bob@example.org,bob@example.org,{},disabled,2023-01-02 15:04:05 +0000 UTC,2023-01-02 15:04:05 +0000 UTC
9a5ef3e9-0000-4000-8000-000000000003,carl@example.org,Carl,{},blocklisted,2023-01-02 15:04:05 +0000 UTC,2023-01-02 15:04:05 +0000 UTC
`),
  ).toMatchObject({
    source: 'listmonk',
    statuses: {
      'ada@example.org': 'active',
      'bob@example.org': 'unsubscribed',
      'carl@example.org': 'suppressed',
    },
    kept: {
      ada: { requested: '2023-01-02 15:04', fields: { city: 'London', age: 36 }, topics: ['Town'] },
      // The address must not become the name.
      bob: { name: null },
      carl: { suppressed: 'imported' },
    },
  });
});

test('Ghost: members', async () => {
  expect(
    await take(`id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers
1,ann@example.org,Ann Lee Smith,,true,,,2024-03-01T09:30:00.000Z,,"Sport,VIP",\r
2,bob@example.org,'=Bob,,false,,cus_1,2024-03-02T09:30:00.000Z,,,\r
3,cy@example.org,Cy,,true,true,,2024-03-02T09:30:00.000Z,2024-05-02T09:30:00.000Z,,Gold\r
`),
  ).toMatchObject({
    source: 'ghost',
    statuses: {
      'ann@example.org': 'active',
      'bob@example.org': 'unsubscribed',
      'cy@example.org': 'unsubscribed',
    },
    kept: {
      ann: { name: 'Ann Lee Smith', requested: '2024-03-01 09:30', topics: ['Sport'] },
      bob: { name: '=Bob' },
      cy: { left: '2024-05-02 09:30' },
    },
  });
});

test('MailPoet: both statuses, and its way with quotation marks', async () => {
  expect(
    await take(`\ufeff"Email","First name","Last name","Subscription IP","Subscription time","Confirmation time","Confirmation IP","List status","Global status","List"
"ada@example.org","Ada \\"Countess\\"","Lovelace, Lady","192.0.2.1","2020-01-01 10:00:00","2020-01-01 10:05:00","192.0.2.2","subscribed","subscribed","Town"
"bob@example.org","","","","","","","unsubscribed","subscribed","News"
"carl@example.org","","","","","","","subscribed","bounced","News"
"dora@example.org","","","","","","","subscribed","unconfirmed","News"
"emil@example.org","","","","","","","subscribed","inactive","News"
`),
  ).toMatchObject({
    source: 'mailpoet',
    statuses: {
      'ada@example.org': 'active',
      'bob@example.org': 'unsubscribed',
      'carl@example.org': 'suppressed',
      'dora@example.org': 'expired',
      'emil@example.org': 'active',
    },
    kept: {
      ada: {
        name: 'Ada "Countess" Lovelace, Lady',
        confirmed: '2020-01-01 10:05',
        ip: '192.0.2.2',
        topics: ['Town'],
      },
      carl: { suppressed: 'bounce' },
    },
  });
});

test('Substack: email_list.csv, and the dashboard’s own', async () => {
  expect(
    await take(`email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at
free@example.org,false,,other,false,2026-07-01T00:00:00.000Z,
paid@example.org,true,2027-07-01T00:00:00.000Z,yearly,false,2026-06-01T00:00:00.000Z,2026-07-15T00:00:00.000Z
off@example.org,false,,other,true,2026-05-01T00:00:00.000Z,
`),
  ).toMatchObject({
    source: 'substack',
    statuses: {
      'free@example.org': 'active',
      'paid@example.org': 'active',
      'off@example.org': 'unsubscribed',
    },
    kept: { free: { requested: '2026-07-01 00:00', confirmed: '2026-07-01 00:00' } },
  });
  expect(
    await take(`Email,Name,Subscription type,Activity,Subscription date,Revenue
dash@example.org,Dash,Free,4,2024-01-05T00:00:00.000Z,$0
`),
  ).toMatchObject({ source: 'substack', kept: { dash: { name: 'Dash', requested: '2024-01-05 00:00' } } });
});

test('Buttondown: old names and new ones, as CSV and as its API has them', async () => {
  expect(
    await take(`id,secondary_id,email,notes,metadata,tags,subscriber_type,referrer_url,ip_address,creation_date,subscription_date,unsubscription_date,undeliverability_date
1,1,a@example.org,,"{""city"":""Rome""}","Sport, VIP",regular,,192.0.2.9,2024-01-01,2024-01-05,,
2,2,b@example.org,,{},,undeliverable,,,2024-01-01,,,2024-02-01
3,3,c@example.org,,{},,unactivated,,,2024-01-01,,,
4,4,d@example.org,,{},,unsubscribed,,,2024-01-01,,2024-03-01,
5,5,e@example.org,,{},,complained,,,2024-01-01,,,
`),
  ).toMatchObject({
    source: 'buttondown',
    statuses: {
      'a@example.org': 'active',
      'b@example.org': 'suppressed',
      'c@example.org': 'expired',
      'd@example.org': 'unsubscribed',
      'e@example.org': 'suppressed',
    },
    kept: {
      a: { confirmed: '2024-01-05 00:00', ip: '192.0.2.9', topics: ['Sport'], fields: { city: 'Rome' } },
      b: { suppressed: 'bounce' },
      d: { left: '2024-03-01 00:00' },
      e: { suppressed: 'complaint' },
    },
  });
  expect(
    await take(
      `{"id":"sub_1","email_address":"f@example.org","type":"regular","creation_date":"2024-01-01T00:00:00Z","unsubscription_date":null,"metadata":{"city":"Oslo"},"tags":["Town"]}\n`,
      { contentType: 'application/x-ndjson' },
    ),
  ).toMatchObject({ source: 'buttondown', kept: { f: { topics: ['Town'], fields: { city: 'Oslo' } } } });
});

test('Jetpack: addresses alone, or the list’s columns', async () => {
  expect(await take('a@example.org\nb@example.org\n')).toMatchObject({
    source: null,
    statuses: { 'a@example.org': 'active', 'b@example.org': 'active' },
  });
  expect(
    await take(`Email,Name,Subscription type,Email subscription,Since
c@example.org,C,Free,Subscribed,2024-02-03
d@example.org,D,Free,Not subscribed,2024-02-03
e@example.org,E,Free,Not confirmed,2024-02-03
f@example.org,F,Free,Not sending,2024-02-03
`),
  ).toMatchObject({
    source: 'jetpack',
    statuses: {
      'c@example.org': 'active',
      'd@example.org': 'unsubscribed',
      'e@example.org': 'expired',
      'f@example.org': 'suppressed',
    },
    kept: { c: { requested: '2024-02-03 00:00' } },
  });
});
