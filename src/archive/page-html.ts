// A post's HTML for the archive's pages. Pure but for the sanitiser.
import sanitizeHtml from 'sanitize-html';
import { mailTags } from '../digest/mail-tags.js';

/** The result of mailHtml without style attributes: the pages' policy allows only the style sheet. */
export function pageHtml(mailHtml: string): string {
  return sanitizeHtml(mailHtml, {
    allowedTags: mailTags,
    allowedAttributes: {
      a: ['href'],
      img: ['src', 'alt', 'width', 'height', 'loading'],
      ol: ['start'],
      td: ['colspan', 'rowspan', 'align'],
      th: ['colspan', 'rowspan', 'align'],
    },
    transformTags: { img: sanitizeHtml.simpleTransform('img', { loading: 'lazy' }) },
  });
}
