// The size of a mail, and what was left out to keep it small, in a sentence.
import type { TemplateFault } from '../digest/dropped.js';
import type { MailSize } from '../issues/issue.js';
import type { MessageKey } from '../languages/messages.js';
import { translator } from '../languages/translate.js';

const faults: Record<TemplateFault, MessageKey> = {
  unsubscribe: 'size.faultUnsubscribe',
  'postal-address': 'size.faultPostalAddress',
  'invalid-markup': 'size.faultMarkup',
  'forbidden-element': 'size.faultElement',
  'forbidden-attribute': 'size.faultAttribute',
  'forbidden-address': 'size.faultAddress',
  'forbidden-style': 'size.faultStyle',
  'unfit-image': 'size.faultImage',
  'misused-reader-link': 'size.faultReaderLink',
};

/** Gmail clips larger mails, and hides the unsubscribe link with the rest. */
export function sizeInWords({ bytes, dropped }: MailSize, { t, locale } = translator('en')): string {
  const { excerpts, images, posts, ownTemplate = [] } = dropped;
  const gone = [
    excerpts > 0 ? t('size.shortened', { count: excerpts }) : '',
    images > 0 ? t('size.images', { count: images }) : '',
    posts > 0 ? t('size.moved', { count: posts }) : '',
  ].filter(Boolean);
  const list = (type: 'unit' | 'conjunction', parts: string[]): string =>
    new Intl.ListFormat(locale, { type, style: 'long' }).format(parts);
  const size = Math.max(1, Math.round(bytes / 1000));
  return [
    t('size.fits', { size, room: size <= 60 ? 'much' : size <= 90 ? 'some' : 'none' }),
    gone.length === 0 ? '' : t('size.toFit', { what: list('unit', gone) }),
    ownTemplate.length === 0
      ? ''
      : t('size.ownTemplate', {
          why: list(
            'conjunction',
            ownTemplate.map((name) => t(faults[name])),
          ),
        }),
  ]
    .filter(Boolean)
    .join(' ');
}
