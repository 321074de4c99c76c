// The digest that every measurement sends: five posts, about 20 kB with text and HTML.
import type { Db } from '../src/db.js';
import { nobodysLinks } from '../src/delivery/message.js';
import { previewIssue } from '../src/delivery/preview.js';
import { assembleNow } from '../src/issues/assemble-now.js';
import { recordPosts } from '../src/posts/record-posts.js';
import { tokenLength } from '../src/subscribers/tokens.js';
import { assembleDeps, baseUrl, links, makeNewsletter, rememberingQueue } from '../test/support/newsroom.js';

export interface Digest {
  from: { name: string; address: string };
  subject: string;
  html: string;
  text: string;
  /** The link in both parts. Each reader gets a different one. */
  unsubscribeUrl: string;
  /** One reader's whole message, as the product composes it. */
  raw: string;
}

const posts = 5;
const paragraph =
  'The harbour bridge reopened on Monday after two years of repairs, and the first trams crossed it before noon. ';

interface NewsletterSize {
  readers: number;
  name: string;
  /** Clicks are counted, and all readers agreed. */
  counted?: boolean | undefined;
}

/** Makes a newsletter with posts and readers and without issues. */
export async function makeNewsletterWith(
  db: Db,
  { readers, name, counted = false }: NewsletterSize,
): Promise<string> {
  const { id } = await makeNewsletter(db, { name, tracking: counted ? 'consent' : 'off' });
  await recordPosts(
    { db, now: () => new Date() },
    {
      newsletterId: id,
      feed: null,
      posts: Array.from({ length: posts }, (_, index) => ({
        guid: `${name}-${index}`,
        url: `https://news.example.org/${name}/${index}`,
        title: `Post number ${index} of the day, and what came of it`,
        html: `<p>${paragraph.repeat(posts + index)}</p>`,
      })),
    },
  );
  await makeReaders(db, id, { readers, name, counted });
  return id;
}

/** Spreads the readers over a thousand providers, because the product limits concurrent messages to each. */
async function makeReaders(
  db: Db,
  newsletterId: string,
  { readers, name, counted = false }: NewsletterSize,
): Promise<void> {
  await db.query(
    `with made as (
       insert into subscribers (address, address_key, address_hash, domain)
       select a, a, sha256(convert_to(a, 'UTF8')), split_part(a, '@', 2)
       from (select $2 || '-' || n || '@' || n % 1000 || '.example.org' as a from generate_series(1, $3::int) n) made
       returning id
     )
     insert into subscriptions (newsletter_id, subscriber_id, confirmed_at, confirmation_sent_at, tracking_agreed_at)
     select $1::bigint, id, now(), now(), case when $4 then now() end from made`,
    [newsletterId, name, readers, counted],
  );
}

/** An unsubscribe link made from the reader's number, as long as a real one. */
export function unsubscribeUrl(reader: number): string {
  return `${baseUrl}/unsubscribe/${String(reader).padStart(tokenLength, '0')}`;
}

/** Renders the digest with the product's code. */
export async function renderBenchDigest(db: Db): Promise<Digest> {
  const newsletterId = await makeNewsletterWith(db, { readers: 1, name: 'sample' });
  const made = await assembleNow(assembleDeps(db, rememberingQueue().enqueue), { newsletterId });
  if (made.status !== 'created') throw new Error(made.status);
  const part = async (name: 'html' | 'text' | 'raw'): Promise<string> => {
    const previewed = await previewIssue(
      { db, links, now: () => new Date() },
      { issueId: made.issueId, part: name },
    );
    if (!previewed.ok) throw new Error(previewed.code);
    return previewed.content;
  };
  return {
    from: { name: 'The Daily Test', address: 'digest@news.example.org' },
    subject: 'Post number 0 of the day, and what came of it',
    html: await part('html'),
    text: await part('text'),
    unsubscribeUrl: nobodysLinks(links).unsubscribeUrl,
    raw: await part('raw'),
  };
}
