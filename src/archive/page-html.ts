// A post's HTML as the archive's pages may carry it. Pure but for the sanitiser.
import sanitizeHtml from 'sanitize-html';
import { mailTags } from '../digest/mail-html.js';

/** What mailHtml made, without its looks: the pages' policy allows no style but the style sheet's. */
export function pageHtml(mailHtml: string): string {
  return sanitizeHtml(mailHtml, {
    allowedTags: mailTags,
    allowedAttributes: {
      a: ['href'],
      img: ['src', 'alt', 'width', 'height', 'loading'],
      ol: ['start'],
      td: ['colspan', 'rowspan'],
      th: ['colspan', 'rowspan'],
    },
    transformTags: { img: sanitizeHtml.simpleTransform('img', { loading: 'lazy' }) },
  });
}
