// A day's digest from end to end. A publisher and three readers take each step over HTTP.
import type { Client } from './client.js';
import { caughtMail, until, type CaughtMail } from './mailbox.js';
import { samplePosts } from './posts.js';
import type { Screen, Step } from './screen.js';
import { siteName, type SampleSite } from './site.js';

export interface WalkDeps {
  screen: Screen;
  site: SampleSite;
  client: Client;
  baseUrl: string;
  caughtMailUrl: string;
}

const slug = 'tidewater';
const readers = [
  { email: 'anna@readers.example', name: 'Anna Löwe' },
  { email: 'tomas@readers.example', name: 'Tomás Ó Briain' },
  { email: 'yuki@readers.example', name: '佐藤 雪' },
];
/** The items of the feed: it lists some posts twice. */
const listed = samplePosts.length + samplePosts.filter(({ againAs }) => againAs !== undefined).length;
const done = (told: string): Step<undefined> => ({ told, value: undefined });
const confirmLink = /https?:\/\/\S+\/confirm\/[\w-]+/;

/** Takes all steps in order. Throws at the first step whose result is wrong. */
export async function walk(deps: WalkDeps): Promise<void> {
  const newsletterId = await createNewsletter(deps);
  await addFeed(deps, newsletterId);
  await subscribeReaders(deps);
  await confirmReaders(deps);
  await sendDigest(deps, newsletterId);
  await checkDigests(deps);
  await sendAgain(deps, newsletterId);
}

function createNewsletter({ screen, site, client, baseUrl }: WalkDeps): Promise<string> {
  return screen.step('Create a newsletter', async () => {
    const newsletter = (await client.api('POST', 'newsletters', {
      slug,
      name: siteName,
      siteUrl: site.url,
      from: { name: siteName, address: 'digest@tidewater.example' },
      postalAddress: 'The Tidewater Journal\n3 Rope Street\n1234 Harbour',
      timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      // Never during the demo: the scheduled issue would send the posts before the demo does.
      schedule: { sendTime: new Date().getHours() === 6 ? '18:00' : '07:00' },
    })) as { id: string; schedule: { sendTime: string }; timezone: string };
    site.subscribeAt(`${baseUrl}/n/${slug}/subscribe`);
    const told = `“${siteName}”, daily at ${newsletter.schedule.sendTime}, ${newsletter.timezone}`;
    return { told, value: newsletter.id };
  });
}

async function addFeed({ screen, site, client }: WalkDeps, newsletterId: string): Promise<void> {
  await screen.step('Add the feed and poll it', async () => {
    const feed = (await client.api('POST', `newsletters/${newsletterId}/feeds`, { url: site.feedUrl })) as {
      id: string;
    };
    // A worker polls a new feed at once. The second of the two polls finds nothing new.
    await client.api('POST', `feeds/${feed.id}/poll`);
    const posts = await until('a poll of the feed', 60, async () => {
      const { data } = (await client.api('GET', `newsletters/${newsletterId}/posts?limit=100`)) as {
        data: { state: string }[];
      };
      return data.length > 0 ? data : undefined;
    });
    const eligible = posts.filter(({ state }) => state === 'eligible').length;
    if (eligible !== samplePosts.length)
      throw new Error(`expected ${samplePosts.length} new posts, found ${eligible}`);
    return done(
      `${eligible} new posts from ${listed} items: one listed twice, one without a date, one with hostile HTML`,
    );
  });
}

async function subscribeReaders({ screen, baseUrl }: WalkDeps): Promise<void> {
  await screen.step('Three readers subscribe', async (count) => {
    const url = `${baseUrl}/n/${slug}/subscribe`;
    for (const [index, reader] of readers.entries()) {
      count(index, readers.length);
      // The first reader subscribes by JSON, the others by the form in the sidebar.
      const answer =
        index === 0
          ? await fetch(url, {
              method: 'POST',
              headers: { 'content-type': 'application/json' },
              body: JSON.stringify(reader),
            })
          : await fetch(url, { method: 'POST', body: new URLSearchParams(reader) });
      if (!answer.ok)
        throw new Error(`${reader.email} got the answer ${answer.status}: ${await answer.text()}`);
    }
    return done(readers.map(({ email }) => email).join(', '));
  });
}

async function confirmReaders({ screen, caughtMailUrl }: WalkDeps): Promise<void> {
  const mails = await screen.step('Confirmation mails arrive', async (count) => {
    const found = await until('the arrival of three confirmation mails', 60, async () => {
      const caught = (await caughtMail(caughtMailUrl)).filter(({ text }) => confirmLink.test(text));
      count(caught.length, readers.length);
      return caught.length >= readers.length ? caught : undefined;
    });
    return { told: `“${found[0]?.subject ?? ''}”`, value: found };
  });
  await screen.step('The readers confirm', async (count) => {
    for (const [index, { to, text }] of mails.entries()) {
      count(index, mails.length);
      const link = confirmLink.exec(text)?.[0] ?? '';
      // A mail scanner only opens the link; the reader presses the button.
      const seen = await fetch(link);
      const confirmed = await fetch(link, { method: 'POST' });
      if (!seen.ok || !confirmed.ok)
        throw new Error(`${to}: the link answered ${seen.status} and ${confirmed.status}`);
    }
    return done('opening the link changes nothing; the button confirms');
  });
}

interface Issue {
  status: string;
  counts: { candidates: number; accepted: number };
  subject: string;
}

async function sendDigest({ screen, client }: WalkDeps, newsletterId: string): Promise<void> {
  await screen.step('Send today’s digest', async (count) => {
    const assembled = (await client.api('POST', `newsletters/${newsletterId}/issues`)) as {
      id?: string;
      reason?: string;
    };
    if (assembled.id === undefined) throw new Error(`no issue was created: ${assembled.reason ?? ''}`);
    const issue = await until('the end of the issue', 60, async () => {
      const now = (await client.api('GET', `issues/${assembled.id}`)) as Issue;
      count(now.counts.accepted, now.counts.candidates);
      return now.status === 'finished' ? now : undefined;
    });
    const { accepted, candidates } = issue.counts;
    if (accepted !== readers.length) throw new Error(`${accepted} of ${candidates} were accepted`);
    return done(`${accepted} of ${candidates} accepted by the relay`);
  });
}

const occurrences = (text: string, part: string): number => text.split(part).length - 1;

/** The first fault of a caught digest, or undefined. */
function flaw({ text, html }: CaughtMail, siteUrl: string): string | undefined {
  if (/<script|<iframe|<form|onerror=|onclick=|javascript:|evil\.example/i.test(html))
    return 'the digest contains the hostile HTML';
  const missing = samplePosts.filter((post) => occurrences(text, `${siteUrl}/posts/${post.slug}`) !== 1);
  return missing.length === 0
    ? undefined
    : `these posts are not in it exactly once: ${missing.map((post) => post.slug).join(', ')}`;
}

async function digests({ caughtMailUrl }: WalkDeps): Promise<CaughtMail[]> {
  return (await caughtMail(caughtMailUrl)).filter(({ text }) => !confirmLink.test(text));
}

async function checkDigests(deps: WalkDeps): Promise<void> {
  const { screen, site } = deps;
  const first = await screen.step('Check the caught digests', async () => {
    const mails = await digests(deps);
    for (const { email } of readers) {
      const mine = mails.filter(({ to }) => to === email);
      if (mine.length !== 1) throw new Error(`${email} has ${mine.length} digests`);
    }
    if (mails.length !== readers.length) throw new Error(`${mails.length} digests were caught`);
    for (const mail of mails) {
      const wrong = flaw(mail, site.url);
      if (wrong !== undefined) throw new Error(`${mail.to}: ${wrong}`);
    }
    return {
      told: `one for each reader: ${samplePosts.length} posts, each once, without the hostile HTML`,
      value: mails[0],
    };
  });
  if (!first) return;
  screen.line();
  screen.line(`   │ Subject: ${first.subject}`);
  for (const line of ['', ...first.text.trim().split('\n').slice(0, 14), '…'])
    screen.line(`   │ ${line}`.trimEnd());
  screen.line();
}

async function sendAgain(deps: WalkDeps, newsletterId: string): Promise<void> {
  await deps.screen.step('Send again', async () => {
    const again = (await deps.client.api('POST', `newsletters/${newsletterId}/issues`)) as { status: string };
    const mails = (await digests(deps)).length;
    if (again.status !== 'skipped' || mails !== readers.length)
      throw new Error(`the second send was ${again.status}, and there are ${mails} digests now`);
    return done('nothing to send: every reader already has every post');
  });
}
