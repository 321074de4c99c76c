// The size of a mail, and what was left out to keep it small, in a sentence. Pure.
import type { TemplateFault } from '../digest/dropped.js';
import type { MailSize } from '../issues/issue.js';
import { formatNumber } from '../text/words.js';

export const many = (count: number, one: string, more: string): string =>
  `${formatNumber(count, 'en')} ${count === 1 ? one : more}`;

const faults: Record<TemplateFault, string> = {
  unsubscribe: 'lacks the unsubscribe link',
  'postal-address': 'lacks the postal address',
  'invalid-markup': 'is not valid HTML',
  'forbidden-element': 'has a script, a form, a frame or another forbidden element',
  'forbidden-attribute': 'has an attribute that mail may not have',
  'forbidden-address': 'has an address other than of the web or mail',
  'forbidden-style': 'loads or runs something in a style',
  'unfit-image': 'has an image that is hidden, or without alt or width',
  'misused-reader-link': 'gives a reader’s own link away',
};

/** Gmail clips larger mails, and hides the unsubscribe link with the rest. */
export function sizeInWords({ bytes, dropped }: MailSize): string {
  const gone = [
    dropped.excerpts > 0 ? `the text of ${many(dropped.excerpts, 'post', 'posts')} was shortened` : '',
    dropped.images > 0 ? `${many(dropped.images, 'image was', 'images were')} left out` : '',
    dropped.posts > 0 ? `${many(dropped.posts, 'post', 'posts')} moved to the web` : '',
  ].filter(Boolean);
  const size = Math.max(1, Math.round(bytes / 1000));
  const distance = size <= 60 ? 'well below' : size <= 90 ? 'below' : 'more than';
  const fits = `${size} kB: ${distance} the 90 kB at which Gmail starts to clip.`;
  const said = gone.length === 0 ? fits : `${fits} To stay below it, ${gone.join(', ')}.`;
  const { ownTemplate = [] } = dropped;
  return ownTemplate.length === 0
    ? said
    : `${said} It uses our magazine template, because your own template ${ownTemplate.map((name) => faults[name]).join(', and ')}.`;
}
