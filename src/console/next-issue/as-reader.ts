// "Preview as reader": which reader the address of a page names, and what the page says about them.
import type { Request } from 'express';
import { findReaderOf, type PreviewedReader } from '../../issues/as-reader.js';
import type { Translator } from '../../languages/translate.js';
import type { Newsletter } from '../../newsletters/schema.js';
import type { ConsoleDeps } from '../deps.js';
import { queryField } from '../form-field.js';

const longestAddress = 320;

export interface AskedReader {
  /** What was typed. Empty: the preview is of what most readers get. */
  asked: string;
  reader: PreviewedReader | undefined;
}

export async function askedReader(
  deps: ConsoleDeps,
  newsletter: Newsletter,
  req: Request,
): Promise<AskedReader> {
  const asked = queryField(req, 'as').slice(0, longestAddress).trim();
  const reader = asked === '' ? undefined : await findReaderOf(deps, newsletter, { address: asked });
  return { asked, reader };
}

/** The view of templates/console/as-reader.hbs. `part`: what the frames of the preview show. */
export function asReaderView({ asked, reader }: AskedReader, { t, locale }: Translator): object {
  if (reader === undefined) return { asReader: { asked, unknown: asked !== '' } };
  const { subscriberId: id, address, language, topics, plainText, getsMail } = reader;
  const about = [
    new Intl.DisplayNames([locale], { type: 'language' }).of(language) ?? language,
    topics === null ? t('next.asAllTopics') : t('next.asTopics', { topics: topics.join(', ') }),
    ...(plainText ? [t('next.plainText')] : []),
  ].join(' · ');
  return { asReader: { asked, id, address, about, plainText, stays: !getsMail } };
}
