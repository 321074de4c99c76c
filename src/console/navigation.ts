// The console's rail: the newsletter's pages, the pages for all newsletters, and a switch between newsletters.
import type { RequestHandler, Response } from 'express';
import { may } from '../accounts/permission.js';
import type { Session } from '../accounts/sign-in.js';
import type { Translator } from '../languages/translate.js';
import { coversAll, shownNewsletters } from './scope/shown-newsletters.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { ConsoleDeps } from './deps.js';

const mostInSwitch = 30;
/** So many of the newsletter's pages, and of the pages for all, fit beside one more link on 320 pixels. */
const inBar = { own: 4, all: 3 };

type Named = Pick<Newsletter, 'slug' | 'name'>;

export interface Navigation {
  /** The name on the switch. */
  here: string;
  newsletters: { href: string; label: string; current: boolean }[];
  /** True: there are more newsletters than the switch shows. */
  more: boolean;
  /** The pages of the newsletter, or none. */
  own: { href: string; label: string; current: boolean }[];
  all: { href: string; label: string; current: boolean }[];
  /** The pages in the bar at the bottom of a phone. */
  first: { href: string; label: string; current: boolean }[];
}

/** For the frame of every page. */
export function knowNewsletters({ db }: ConsoleDeps): RequestHandler {
  return async (_req, res, next) => {
    res.locals['newsletters'] = await shownNewsletters(db, res, mostInSwitch + 1);
    next();
  };
}

const pages: readonly (readonly [path: string, label: (words: Translator) => string])[] = [
  ['', ({ t }) => t('console.home')],
  ['/next-issue', ({ t }) => t('console.nextIssue')],
  ['/issues', ({ t }) => t('console.issues')],
  ['/readers', ({ t }) => t('console.readers')],
  ['/growth', ({ t }) => t('console.growth')],
  ['/posts', ({ t }) => t('posts.both')],
  ['/look', ({ t }) => t('console.design')],
  ['/form', ({ t }) => t('console.form')],
  ['/imports', ({ t }) => t('console.imports')],
  ['/settings', ({ t }) => t('console.settings')],
];

/** The pages that only owners see. */
function ofOwners(res: Response): (readonly [href: string, label: (words: Translator) => string])[] {
  const { session } = res.locals as { session?: Session };
  if (session === undefined || !may(session.account.role, 'own')) return [];
  return [
    ['/console/delivery', ({ t }) => t('delivery.title')],
    ['/console/integrations', ({ t }) => t('integrations.title')],
    ['/console/team', ({ t }) => t('console.team')],
    ['/console/audit', ({ t }) => t('console.audit')],
  ];
}

/** The rail for the page of this request. `newsletter` is the one that the page is about. */
export function navigation(res: Response, newsletter: Named | undefined, words: Translator): Navigation {
  const [path = ''] = res.req.originalUrl.split('?');
  const known = (res.locals['newsletters'] as Newsletter[] | undefined) ?? [];
  const home = newsletter && `/console/newsletters/${newsletter.slug}`;
  const isWithin = (href: string): boolean => path === href || path.startsWith(`${href}/`);
  const own =
    home === undefined
      ? []
      : pages.map(([end, label]) => ({
          href: home + end,
          label: label(words),
          current:
            end === ''
              ? path === home
              : isWithin(home + end) ||
                (end === '/issues' && isWithin('/console/issues')) ||
                (end === '/readers' && isWithin('/console/subscribers')) ||
                (end === '/posts' && (isWithin(`${home}/feeds`) || isWithin(`${home}/selection`))),
        }));
  const all = [
    { href: '/console', label: words.t('console.newsletters'), current: path === '/console' },
    ...(coversAll(res)
      ? [
          {
            href: '/console/subscribers',
            label: words.t('console.allReaders'),
            current: newsletter === undefined && isWithin('/console/subscribers'),
          },
        ]
      : []),
    ...ofOwners(res).map(([href, label]) => ({ href, label: label(words), current: isWithin(href) })),
  ];
  return {
    here: newsletter?.name ?? words.t('console.allNewsletters'),
    newsletters: known.slice(0, mostInSwitch).map(({ slug, name }) => ({
      href: `/console/newsletters/${slug}`,
      label: name,
      current: slug === newsletter?.slug,
    })),
    more: known.length > mostInSwitch,
    own,
    all,
    first: own.length > 0 ? own.slice(0, inBar.own) : all.slice(0, inBar.all),
  };
}
