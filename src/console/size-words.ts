// How large a mail is, and what that cost, in a sentence. Pure.
import type { MailSize } from '../issues/issue.js';

export const many = (count: number, one: string, more: string): string =>
  `${count} ${count === 1 ? one : more}`;

const mustHave = { unsubscribe: 'the unsubscribe link', 'postal-address': 'the postal address' };

/** Gmail cuts off what is larger, and the way out with it. */
export function sizeInWords({ bytes, dropped }: MailSize): string {
  const gone = [
    dropped.excerpts > 0 ? `the text of ${many(dropped.excerpts, 'post', 'posts')} was cut` : '',
    dropped.images > 0 ? `${many(dropped.images, 'image', 'images')} left out` : '',
    dropped.posts > 0 ? `${many(dropped.posts, 'post', 'posts')} moved to the web` : '',
  ].filter(Boolean);
  const size = `${Math.max(1, Math.round(bytes / 1000))} kB of the 90 kB that every program shows whole`;
  const said = gone.length === 0 ? `${size}.` : `${size}: ${gone.join(', ')}.`;
  const { ownTemplate = [] } = dropped;
  return ownTemplate.length === 0
    ? said
    : `${said} It is in our magazine: your own template left out ${ownTemplate.map((name) => mustHave[name]).join(' and ')}.`;
}
