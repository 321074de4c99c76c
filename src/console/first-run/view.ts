// What the page of the first run shows.
import { defaultLook } from '../../newsletters/look.js';
import type { RenderedDigest } from '../../digest/render-digest.js';
import { settingsView } from '../settings-view.js';
import { many, sizeInWords } from '../size-words.js';
import { blank, type FirstRunForm } from './form.js';
import type { FoundSite } from './found-site.js';

export interface FirstRunPage {
  form: FirstRunForm;
  /** Why the site could not be read. */
  problem?: string | undefined;
  /** Undefined: there are no posts to show. */
  digest?: { rendered: RenderedDigest; query: string } | undefined;
  /** True: a button was pressed that needs all fields, so those that are wrong are marked. */
  isChecked?: boolean;
  /** What became of the test mail. */
  test?:
    { kind: 'ok' | 'warn' | 'error'; text: string; link?: string | undefined; advice: string[] } | undefined;
}

const kinds: Record<FoundSite['feeds'][number]['kind'], string> = {
  rss: 'RSS',
  atom: 'Atom',
  rdf: 'RSS 1.0',
  json: 'JSON Feed',
  wordpress: 'WordPress',
};

/** Why there is nothing to preview, and what helps. */
function noPosts({ found, feeds }: FirstRunForm): string {
  if (found === undefined || found.feeds.length === 0)
    return (
      `${found?.detail ?? 'The page lists no feed'}. If you know the address of your feed, paste it above: ` +
      'it often ends in /feed (WordPress), /rss (Ghost) or /index.xml. You can also create the newsletter now, ' +
      'and add a feed or send posts through the API later.'
    );
  if (feeds.length === 0) return 'Choose a feed to see its posts here.';
  return 'The feed has no posts that we can read now. The digest appears here with the first one.';
}

/** The view of templates/console/first-run.hbs, without its frame. */
export function firstRunView({ form, problem, digest, isChecked = false, test }: FirstRunPage): object {
  const { found, settings, look } = form;
  const wrong = isChecked ? { ...settings.wrong, ...look.wrong } : {};
  const chosen = new Set(form.feeds.map(({ url }) => url));
  const logo = look.typed['logo.url'] ?? '';
  const colour = look.typed.brandColour ?? defaultLook.brandColour;
  return {
    ...settingsView({ current: blank, form: { ...settings, wrong } }),
    newsletter: undefined,
    script: '/assets/first-run.js',
    address: form.address,
    problem,
    found: found && JSON.stringify(found),
    feeds: (found?.feeds ?? []).map((feed, at) => ({
      name: `feed.${at}`,
      label: feed.title ?? feed.url,
      about: `${kinds[feed.kind]}, ${many(feed.posts, 'post', 'posts')}`,
      checked: chosen.has(feed.url),
    })),
    logos: [
      { value: '', label: 'none: the name in words', chosen: logo === '' },
      ...(found?.logos ?? []).map(({ url, width, height, isIcon }) => ({
        value: url,
        label: `${url.slice(url.lastIndexOf('/') + 1).slice(0, 60)}, ${width} × ${height}${isIcon ? ' (icon)' : ''}`,
        chosen: url === logo,
      })),
    ],
    colour,
    swatch: look.wrong.brandColour === undefined ? colour : defaultLook.brandColour,
    wrongColour: isChecked ? look.wrong.brandColour : undefined,
    mail: digest && {
      subject: digest.rendered.subject,
      preheader: digest.rendered.preheader,
      size: sizeInWords(digest.rendered),
      query: digest.query,
    },
    noPosts: noPosts(form),
    test,
  };
}
