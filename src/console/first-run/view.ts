// What the page of the first run shows.
import { logoMegabytes } from '../../images/read-logo.js';
import { uploadedLogo } from '../../newsletters/logo-address.js';
import { defaultLook } from '../../newsletters/look.js';
import type { RenderedDigest } from '../../digest/render-digest.js';
import type { Translator } from '../../languages/translate.js';
import { feedKindNames } from '../feeds/words.js';
import { settingsView } from '../settings-view.js';
import { sizeInWords } from '../size-words.js';
import type { FoundLogo } from './found-site.js';
import { blank, type FirstRunForm } from './form.js';

export interface FirstRunPage {
  form: FirstRunForm;
  /** The id under which the form is kept. Undefined: it is not kept yet. */
  run?: string | undefined;
  /** Why the site could not be read. */
  problem?: string | undefined;
  /** Why the uploaded file cannot be a logo. */
  wrongFile?: string | undefined;
  /** Undefined: there are no posts to show. */
  digest?: { rendered: RenderedDigest; query: string } | undefined;
  /** True: a button was pressed that needs all fields, so those that are wrong are marked. */
  isChecked?: boolean;
  /** What became of the test mail. */
  test?:
    { kind: 'ok' | 'warn' | 'error'; text: string; link?: string | undefined; advice: string[] } | undefined;
}

function logoName({ url, width, height, isIcon }: FoundLogo, { t }: Translator): string {
  if (uploadedLogo(url)) return t('logo.uploaded', { width, height });
  const name = `${url.slice(url.lastIndexOf('/') + 1).slice(0, 60)}, ${width} × ${height}`;
  return isIcon ? t('firstRun.icon', { name }) : name;
}

/** Why there is nothing to preview, and what helps. */
function noPosts({ found, feeds }: FirstRunForm, { t }: Translator): string {
  if (found === undefined || found.feeds.length === 0)
    return `${t('fetch.noFeed')}. ${t('firstRun.noFeedAdvice')}`;
  return feeds.length === 0 ? t('firstRun.chooseFeed') : t('firstRun.feedEmpty');
}

/** The view of templates/console/first-run.hbs, without its frame. */
export function firstRunView(
  { form, run, problem, wrongFile, digest, isChecked = false, test }: FirstRunPage,
  words: Translator,
): object {
  const { t } = words;
  const { found, settings, look } = form;
  const wrong = isChecked ? { ...settings.wrong, ...look.wrong } : {};
  const chosen = new Set(form.feeds.map(({ url }) => url));
  const logo = look.typed['logo.url'] ?? '';
  const colour = look.typed.brandColour ?? defaultLook.brandColour;
  return {
    ...settingsView({ current: blank, form: { ...settings, wrong } }, words),
    newsletter: undefined,
    script: '/assets/first-run.js',
    address: form.address,
    run,
    problem,
    found: found && JSON.stringify(found),
    feeds: (found?.feeds ?? []).map((feed, at) => ({
      name: `feed.${at}`,
      label: feed.title ?? feed.url,
      about: t('firstRun.feedAbout', { kind: feedKindNames[feed.kind], count: feed.posts }),
      checked: chosen.has(feed.url),
    })),
    megabytes: logoMegabytes,
    wrongFile,
    logos: [
      { value: '', label: t('firstRun.noLogo'), chosen: logo === '' },
      ...(found?.logos ?? []).map((one) => ({
        value: one.url,
        label: logoName(one, words),
        chosen: one.url === logo,
      })),
    ],
    colour,
    swatch: look.wrong.brandColour === undefined ? colour : defaultLook.brandColour,
    wrongColour: isChecked ? look.wrong.brandColour : undefined,
    mail: digest && {
      subject: digest.rendered.subject,
      preheader: digest.rendered.preheader,
      size: sizeInWords(digest.rendered, words),
      query: digest.query,
    },
    noPosts: noPosts(form, words),
    test,
  };
}
