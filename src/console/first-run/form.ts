// Reads the form of the first run: what was found at the site, and the values of the newsletter. Pure functions of
// the request's body.
import { languageOf } from '../../languages/language.js';
import type { Translator } from '../../languages/translate.js';
import type { SiteRead } from '../../feeds/read-site.js';
import { newsletterDefaults, newsletterInput, type NewsletterInput } from '../../newsletters/schema.js';
import { hostOf } from '../../text/words.js';
import { readLookForm, type LookForm } from '../look-form.js';
import { typedIn } from '../newsletter-form.js';
import { readSettingsForm, settingsTyped, type Settings, type SettingsForm } from '../settings-form.js';
import { ownLogoOf, readFoundSite, withOwnLogo, type FoundSite } from './found-site.js';

/** More feeds than this have one more page to choose them on: that of the newsletter. */
const feedsAtMost = 4;

export interface FirstRunForm {
  /** The address as typed. */
  address: string;
  /** Undefined: no site was read yet. */
  found: FoundSite | undefined;
  /** The chosen feeds. */
  feeds: FoundSite['feeds'];
  settings: SettingsForm;
  look: LookForm;
  /** Undefined: a field is wrong or missing. */
  input: NewsletterInput | undefined;
}

export const blank: Settings = {
  ...newsletterDefaults,
  name: '',
  slug: 'new',
  from: { name: '', address: '' },
};

type Body = Readonly<Record<string, unknown>>;

const textIn = (body: Body, name: string): string => typedIn(body, [name])[name] ?? '';

/** A form without settings is that of the first page: its boxes are not unchecked, but not there yet. */
export function readFirstRunForm(body: Body, words: Translator): FirstRunForm {
  const found = readFoundSite(textIn(body, 'found'));
  const logo = found?.logos.find(({ url }) => url === textIn(body, 'logo'));
  const look = readLookForm(
    {
      brandColour: textIn(body, 'brandColour') || undefined,
      'logo.url': logo?.url ?? '',
      'logo.width': String(logo?.width ?? ''),
      'logo.height': String(logo?.height ?? ''),
    },
    words,
  );
  const settings = readSettingsForm(found === undefined ? settingsTyped(blank) : body, blank, words);
  const feeds = (found?.feeds ?? [])
    .filter((_, at) => textIn(body, `feed.${at}`) !== '')
    .slice(0, feedsAtMost);
  return {
    address: textIn(body, 'address'),
    found,
    feeds,
    settings,
    look,
    input: inputOf(settings, look),
  };
}

function inputOf({ patch, typed }: SettingsForm, { patch: look }: LookForm): NewsletterInput | undefined {
  if (patch === undefined || look === undefined) return undefined;
  const { slug: _, ...values } = patch;
  const { name = '', 'from.name': sender = '', 'from.address': address = '' } = typed;
  const input = { ...values, name, from: { name: sender || name, address }, look: look.look };
  const parsed = newsletterInput.safeParse(JSON.parse(JSON.stringify(input)));
  return parsed.success ? parsed.data : undefined;
}

/** What the preview needs. A field that is wrong or missing yet is replaced. */
export function previewInput({ found, settings, look }: FirstRunForm): NewsletterInput {
  const { typed, wrong } = settings;
  const host = hostOf(found?.url ?? '') ?? 'example.org';
  const given = (field: keyof typeof typed): string =>
    wrong[field] === undefined ? (typed[field] ?? '') : '';
  const name = given('name') || host.slice(0, 64);
  return {
    name,
    from: { name: given('from.name') || name, address: given('from.address') || 'digest@example.org' },
    siteUrl: given('siteUrl') || null,
    language: given('language') || blank.language,
    timezone: given('timezone') || blank.timezone,
    postalAddress: given('postalAddress') || 'Your postal address',
    ...(look.patch?.look === undefined
      ? {}
      : { look: JSON.parse(JSON.stringify(look.patch.look)) as object }),
  };
}

/** The name that the site gives itself, if a newsletter may have it; else its host. */
function nameOf(given: string | undefined, url: string): string {
  const name = (given ?? '').slice(0, 64);
  return newsletterInput.shape.name.safeParse(name).success ? name : (hostOf(url) ?? '').slice(0, 64);
}

/** The fields after a site was read: what was found replaces what an earlier site gave; the rest stays as typed. */
export function withSite(
  form: FirstRunForm,
  body: Body,
  {
    site,
    logos,
    readAt,
    words,
  }: {
    site: Extract<SiteRead, { status: 'read' }>;
    logos: FoundSite['logos'];
    readAt: Date;
    words: Translator;
  },
): Record<string, string> {
  const { head, feeds, url, problem } = site;
  const own = ownLogoOf(form.found);
  const ofSite: FoundSite = {
    url,
    typed: form.address,
    readAt: readAt.getTime(),
    feeds: feeds.map(({ url: feed, title, kind, posts }) => ({
      url: feed,
      title: title?.slice(0, 300) ?? null,
      kind,
      posts,
    })),
    logos,
    detail: problem && words.say(problem.reason),
  };
  const found = withOwnLogo(ofSite, own);
  const logo = own ?? logos.find(({ isIcon }) => !isIcon);
  const language = languageOf(head.language) ?? head.language ?? blank.language;
  const before = form.found === undefined ? settingsTyped(blank) : form.settings.typed;
  return {
    ...before,
    address: form.address,
    found: JSON.stringify(found),
    'feed.0': feeds.length > 0 ? 'on' : '',
    name: nameOf(head.name, url),
    siteUrl: url,
    language,
    timezone: textIn(body, 'timezone') || textIn(body, 'zone') || blank.timezone,
    brandColour: head.colour ?? '',
    logo: logo?.url ?? '',
  };
}
