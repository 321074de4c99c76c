// The words of a link to a sound, a film or a frame, in a reader's language.
import { hour, minute } from '../durations.js';
import type { Translator } from '../languages/translate.js';
import { siteOf, type Media } from '../posts/media-links.js';

export type SayMedia = (media: Media) => string;

/** "1 h 12 min", "45 min". */
function lengthInWords({ t }: Translator, seconds: number): string {
  const all = Math.max(1, Math.round((seconds * 1_000) / minute));
  const [hours, minutes] = [Math.floor((all * minute) / hour), all % (hour / minute)];
  if (hours === 0) return t('digest.minutes', { minutes });
  return minutes === 0 ? t('digest.hours', { hours }) : t('digest.hoursAndMinutes', { hours, minutes });
}

function invitation({ t }: Translator, { kind, file, url }: Media): string {
  const site = siteOf(url);
  if (kind === 'page') return site;
  if (kind === 'audio') return file ? t('digest.listen') : t('digest.listenOn', { site });
  return file ? t('digest.watch') : t('digest.watchOn', { site });
}

/** "Listen (1 h 12 min)", "Watch on youtube.com"; of any other frame the name of its site. */
export const mediaWords =
  (translator: Translator): SayMedia =>
  (media) => {
    const words = invitation(translator, media);
    if (media.seconds === undefined) return words;
    const length = lengthInWords(translator, media.seconds);
    return translator.t('digest.withLength', { words, length });
  };
