// Three newsletters on a site whose clock stands still until the test moves it. A file that imports this one gets its
// own database, and a new site for each test.
import type { Newsletter } from '../../src/newsletters/schema.js';
import { signToken } from '../../src/subscribers/tokens.js';
import { useDatabase } from '../support/fixture.js';
import { makeListedNewsletter } from '../support/newsroom.js';
import { secrets, startSite, subscriptionOf, type Site } from '../support/site.js';

export const database = useDatabase();
export let site: Site;
export let post: Newsletter;
export let food: Newsletter;
export let weather: Newsletter;

beforeAll(async () => {
  post = await makeListedNewsletter(database.db, { name: 'The Harbour Post', slug: 'post' });
  food = await makeListedNewsletter(database.db, {
    name: 'Food & Drink',
    slug: 'food',
    customFields: [{ name: 'adult', label: 'I am over 18', type: 'checkbox', required: true }],
  });
  weather = await makeListedNewsletter(database.db, { name: 'Wetter', slug: 'weather', language: 'de' });
});
beforeEach(async () => {
  await database.db.change('delete from subscribers');
  site = await startSite(database.db);
});
afterEach(() => site.close());

export const stored = (address: string, newsletter = post) =>
  subscriptionOf(database.db, newsletter.id, address);
export const mailsTo = (address: string) => site.sink.messagesTo(address).length;
export const lastTo = async (address: string) => {
  const mail = await site.sink.messagesTo(address).at(-1)?.parsed();
  return { subject: mail?.subject ?? '', text: mail?.text ?? '', html: mail?.html ?? '' };
};
/** Presses the button of a confirmation link, or opens the link with GET. */
export const click = (token: string, method = 'POST', path = '') =>
  fetch(`${site.url}/confirm/${token}${path}`, { method });
/** Leaves by the link of a mail. */
export async function leave(subscriptionId: string): Promise<void> {
  const token = signToken(secrets.derive('links'), 'unsubscribe', subscriptionId);
  expect((await fetch(`${site.url}/unsubscribe/${token}`, { method: 'POST' })).status).toBe(200);
}
/** Runs the sweep, then sends what it has enqueued. */
export const sweep = async () => {
  await site.sweep();
  await site.work();
};

/** Subscribes an address, and returns the token of its confirmation link. */
export async function asked(email: string): Promise<string> {
  expect((await site.subscribe(post.slug, { email })).status).toBe(202);
  await site.work();
  return site.tokenTo(email);
}

/** Subscribes an address and confirms it. */
export async function active(email: string): Promise<void> {
  await click(await asked(email));
  expect((await stored(email)).confirmedAt).not.toBeNull();
}
