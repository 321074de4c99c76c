// A newsletter's posts: finding them, deciding about one, and writing one by hand.
import { randomUUID } from 'node:crypto';
import express, { type Request, type Response, type Router } from 'express';
import { recordAudit } from '../../accounts/audit.js';
import { htmlOfWords } from '../../digest/publisher-text.js';
import type { MessageKey } from '../../languages/messages.js';
import { instantAt } from '../../newsletters/due.js';
import type { Newsletter } from '../../newsletters/schema.js';
import { getPost } from '../../posts/get-post.js';
import { issuesOf, listPosts } from '../../posts/list-posts.js';
import { patchPost } from '../../posts/patch-post.js';
import type { PostJson } from '../../posts/post-json.js';
import { recordPosts } from '../../posts/record-posts.js';
import { parseUrl } from '../../parse-url.js';
import type { ConsoleDeps } from '../deps.js';
import { aboutNewsletter, type NewsletterAct } from '../find-newsletter.js';
import { formField, queryField } from '../form-field.js';
import { redirectWith, sendMessage, sendPage, translatorOf } from '../page.js';
import { actorOf, requireForm, requirePermission } from '../session.js';
import { selectionRoutes } from './routes-selection.js';

const shown = 50;
const shortestSearch = 3;
const longestSearch = 200;
const longestText = 100_000;

const states: Record<PostJson['state'], MessageKey> = {
  eligible: 'posts.eligible',
  held: 'posts.held',
  excluded: 'posts.excluded',
  known: 'posts.known',
};

const badges: Record<PostJson['state'], string> = {
  eligible: 'ok',
  held: 'paused',
  excluded: 'cancelled',
  known: 'cancelled',
};

/** What a button of a post does. */
const acts = {
  hold: { state: 'held' },
  exclude: { state: 'excluded' },
  release: { state: 'eligible' },
  pin: { pinned: true },
  unpin: { pinned: false },
} as const;
type Act = keyof typeof acts;

const actNames: Record<Act, MessageKey> = {
  hold: 'posts.hold',
  exclude: 'posts.exclude',
  release: 'posts.release',
  pin: 'posts.pin',
  unpin: 'posts.unpin',
};

/** The acts that make sense for a post. */
const actsFor = ({ state, pinned }: Pick<PostJson, 'state' | 'pinned'>): Act[] =>
  state === 'eligible'
    ? [pinned ? 'unpin' : 'pin', 'hold', 'exclude']
    : state === 'held'
      ? ['release', 'exclude']
      : ['release'];

const pathOf = ({ slug }: Pick<Newsletter, 'slug'>): string => `/console/newsletters/${slug}/posts`;

async function show(deps: ConsoleDeps, newsletter: Newsletter, req: Request, res: Response): Promise<void> {
  const { t } = translatorOf(res);
  const search = queryField(req, 'search').slice(0, longestSearch);
  const isTooShort = search !== '' && search.length < shortestSearch;
  const state = (Object.keys(states) as PostJson['state'][]).find((one) => one === queryField(req, 'state'));
  const { data, nextCursor } = isTooShort
    ? { data: [], nextCursor: null }
    : await listPosts(deps.db, {
        newsletterId: newsletter.id,
        state,
        search: search || undefined,
        cursor: queryField(req, 'cursor') || undefined,
        limit: shown,
      });
  // A map keeps the last entry of a key: here the first issue that had the post.
  const issues = new Map(
    (
      await issuesOf(
        deps.db,
        data.map(({ id }) => id),
      )
    )
      .toReversed()
      .map(({ postId, ...issue }) => [postId, issue]),
  );
  const base = pathOf(newsletter);
  const link = (query: Record<string, string>): string => {
    const given = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''));
    return given.size === 0 ? base : `${base}?${given.toString()}`;
  };
  sendPage(res, 'posts', {
    newsletter,
    base,
    search,
    state,
    isTooShort,
    isFiltered: search !== '' || state !== undefined,
    filters: ['' as const, ...(Object.keys(states) as PostJson['state'][])].map((one) => ({
      label: t(one === '' ? 'posts.all' : states[one]),
      to: link({ state: one, search }),
      current: one === (state ?? ''),
    })),
    posts: data.map((post) => ({
      id: post.id,
      title: post.title,
      url: post.url,
      topics: post.topics.join(', '),
      firstSeenAt: post.firstSeenAt,
      pinned: post.pinned,
      badge: badges[post.state],
      status: t(states[post.state]),
      issue: post.state === 'eligible' ? issues.get(post.id) : undefined,
      acts: actsFor(post).map((act) => ({ act, label: t(actNames[act]) })),
    })),
    next: nextCursor && link({ state: state ?? '', search, cursor: nextCursor }),
  });
}

const decide: NewsletterAct = async (deps, newsletter, req, res) => {
  const postId = String(req.params['id']);
  const post = await getPost(deps.db, postId);
  const act = (Object.keys(acts) as Act[]).find((one) => one === formField(req, 'act'));
  if (post?.newsletterId !== newsletter.id || act === undefined) {
    const { t } = translatorOf(res);
    return sendMessage(res, 404, t('posts.missing'), t('posts.missingWhy'));
  }
  const changed = await patchPost(deps, { postId, ...acts[act] });
  if (changed.ok)
    await recordAudit(deps, { actor: actorOf(res), action: 'post.change', subject: `post:${postId}` });
  redirectWith(res, pathOf(newsletter), 'post-changed');
};

/** The form for a new post, as typed. */
interface Typed {
  /** Made with the form, so that sending it twice makes one post. */
  guid: string;
  title: string;
  url: string;
  text: string;
  at: string;
  topics: string[];
}

function askForNew(res: Response, newsletter: Newsletter, typed?: Typed, wrong?: Wrong): void {
  sendPage(
    res,
    'post-new',
    {
      newsletter,
      base: pathOf(newsletter),
      typed: typed ?? { guid: `hand:${randomUUID()}` },
      wrong,
      topics: newsletter.topics.map((name, at) => ({
        name,
        field: `topic-${at}`,
        chosen: typed?.topics.includes(name),
      })),
    },
    { status: wrong ? 422 : 200 },
  );
}

function readTyped(req: Request, newsletter: Newsletter): Typed {
  const guid = formField(req, 'guid');
  return {
    guid: /^hand:[\da-f-]{36}$/.test(guid) ? guid : `hand:${randomUUID()}`,
    title: formField(req, 'title').slice(0, 1000),
    url: formField(req, 'url').slice(0, 2048),
    text: formField(req, 'text').slice(0, longestText),
    at: formField(req, 'at'),
    topics: newsletter.topics.filter((_, at) => formField(req, `topic-${at}`) === 'on'),
  };
}

type Wrong = Partial<Record<'title' | 'url' | 'text' | 'at', string>>;

function faultsOf({ title, url, text, at }: Typed, res: Response): Wrong | undefined {
  const { t } = translatorOf(res);
  const wrong: Wrong = {};
  if (title === '') wrong.title = t('posts.titleMissing');
  if (url !== '' && !/^https?:$/.test(parseUrl(url)?.protocol ?? '')) wrong.url = t('posts.urlWrong');
  if (url === '' && text === '') wrong.text = t('posts.textMissing');
  if (at !== '' && !/^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(at)) wrong.at = t('posts.timeWrong');
  return Object.keys(wrong).length === 0 ? undefined : wrong;
}

const write: NewsletterAct = async (deps, newsletter, req, res) => {
  const typed = readTyped(req, newsletter);
  const wrong = faultsOf(typed, res);
  const at = typed.at === '' || wrong?.at ? deps.now() : instantAt(typed.at, newsletter.timezone);
  if (wrong || at === undefined)
    return askForNew(res, newsletter, typed, wrong ?? { at: translatorOf(res).t('posts.timeWrong') });
  const { guid, title, url, text, topics } = typed;
  await recordPosts(deps, {
    newsletterId: newsletter.id,
    feed: null,
    posts: [
      { guid, title, html: htmlOfWords(text), topics, publishedAt: at, ...(url === '' ? {} : { url }) },
    ],
  });
  await recordAudit(deps, {
    actor: actorOf(res),
    action: 'posts.push',
    subject: `newsletter:${newsletter.id}`,
  });
  redirectWith(res, pathOf(newsletter), 'post-written');
};

export function postRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const [newsletter, isForm] = [aboutNewsletter(deps), requireForm(deps)];
  const posts = '/newsletters/:slug/posts';
  router.get(posts, newsletter(show));
  router.get(
    `${posts}/new`,
    requirePermission('write'),
    newsletter(async (_deps, found, _req, res) => askForNew(res, found)),
  );
  router.post(posts, isForm, newsletter(write));
  router.post(`${posts}/:id`, isForm, newsletter(decide));
  router.use(selectionRoutes(deps));
  return router;
}
