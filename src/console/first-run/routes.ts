// The first run: from the address of a site to a test of its digest in one's own inbox.
//
// 1. Read: the site gives name, language, colour, logo and feeds.
// 2. Preview: the digest of its own posts, with the values of the form.
// 3. Test: this digest goes to the signed-in address. If it does not arrive at the relay, the page says why.
// 4. Create: only now the newsletter and its feeds are stored.
//
// Each step is a POST, and the page after it a GET: the form is kept for an hour in between (src/first-runs). Only an
// uploaded logo is stored for longer, because a browser does not send a file twice (src/newsletters/uploaded-logos.ts).
import express, { type Request, type Response, type Router } from 'express';
import { recordAudit } from '../../accounts/audit.js';
import { addressedTo } from '../../delivery/message.js';
import { sendTestOf } from '../../delivery/preview.js';
import { addFeed } from '../../feeds/add-feed.js';
import { latestPosts } from '../../feeds/latest-posts.js';
import { pollFeed } from '../../feeds/poll-feed.js';
import { readSite } from '../../feeds/read-site.js';
import { getRun, keepRun } from '../../first-runs/kept-runs.js';
import { measureLogo, type Logo } from '../../images/measure-logo.js';
import { renderUnsaved } from '../../issues/preview-unsaved.js';
import { createNewsletter } from '../../newsletters/create-newsletter.js';
import { recently } from '../../recently.js';
import type { ConsoleDeps } from '../deps.js';
import { queryField } from '../form-field.js';
import { logoFile, takeLogoFile } from '../logo-file.js';
import { mailInScheme } from '../mail-in-scheme.js';
import { endInWords } from '../state-words.js';
import { redirectWith, sendMessage, sendSandboxed, sendPage, translatorOf } from '../page.js';
import { actorOf, requireForm, requirePermission, sessionOf } from '../session.js';
import { readFoundSite, withOwnLogo, type FoundSite } from './found-site.js';
import { previewInput, readFirstRunForm, withSite, type FirstRunForm } from './form.js';
import { frameQuery, readFrameQuery, type Framed } from './frame-address.js';
import { dnsAdvice, relayAdvice } from './sender-advice.js';
import { firstRunView, type FirstRunPage } from './view.js';

const page = '/first-run';
const postsShown = 10;

/** The posts of a preview. Its page and its frames ask for the same ones within a second. */
type Posts = (values: Pick<Framed, 'readAt' | 'feeds'>) => ReturnType<typeof latestPosts>;

function openPosts(deps: ConsoleDeps): Posts {
  const postsOf = recently((key) => latestPosts(deps, (JSON.parse(key) as Framed).feeds, postsShown), 20);
  return ({ readAt, feeds }) => postsOf(JSON.stringify({ readAt, feeds }));
}

/** What a step leaves for the page after it. */
interface Step {
  fields: Readonly<Record<string, unknown>>;
  test?: FirstRunPage['test'];
}

interface Run {
  deps: ConsoleDeps;
  posts: Posts;
  res: Response;
}

const keysOfFrame = ({ secrets }: ConsoleDeps) => secrets.derive('preview-frames');

function framedOf(form: FirstRunForm): Framed {
  return {
    readAt: form.found?.readAt ?? 0,
    feeds: form.feeds.map(({ url, kind }) => ({ url, kind })),
    input: previewInput(form),
  };
}

async function digestOf({ deps, posts, res }: Run, form: FirstRunForm): Promise<FirstRunPage['digest']> {
  const values = framedOf(form);
  const shown = await posts(values);
  if (shown.length === 0) return undefined;
  const { rendered } = await renderUnsaved(deps, values.input, shown);
  return { rendered, query: frameQuery(keysOfFrame(deps), sessionOf(res).csrfToken, values) };
}

/** Keeps the form as it is after a step, and redirects to its page. */
async function leadOn({ deps, res }: Run, { fields, test }: Step): Promise<void> {
  const { csrf: _csrf, do: _do, run, ...kept } = fields;
  const accountId = sessionOf(res).account.id;
  const id = await keepRun(deps, {
    id: String(run),
    accountId,
    fields: kept,
    outcome: test ?? null,
  });
  res.redirect(303, `/console${page}?run=${id}${test ? '#result' : ''}`);
}

async function show(run: Run, req: Request): Promise<void> {
  const { deps, res } = run;
  const id = queryField(req, 'run');
  const kept = await getRun(deps, { id, accountId: sessionOf(res).account.id });
  const form = readFirstRunForm(kept?.fields ?? {}, translatorOf(res));
  const test = (kept?.outcome ?? undefined) as FirstRunPage['test'];
  await send(run, { form, test, run: kept && id });
}

async function send(run: Run, shown: FirstRunPage, status = 200): Promise<void> {
  const digest = await digestOf(run, shown.form);
  // A refused form is answered at once: its next try replaces the same row.
  const sent = (run.res.req.body ?? {}) as Record<string, unknown>;
  const kept = shown.run ?? (typeof sent['run'] === 'string' ? sent['run'] : undefined);
  const view = firstRunView({ ...shown, run: kept, digest }, translatorOf(run.res));
  sendPage(run.res, 'first-run', view, { status });
}

async function read(run: Run, form: FirstRunForm, body: Record<string, unknown>): Promise<void> {
  const { deps } = run;
  const words = translatorOf(run.res);
  if (form.address === '') return send(run, { form, problem: words.t('firstRun.enterAddress') }, 422);
  const site = await readSite(deps, { url: form.address });
  if (site.status !== 'read') {
    const problem = words.t('firstRun.unreadable', { problem: site.problem.reason });
    return send(run, { form, problem }, 422);
  }
  const measured = await Promise.all(
    site.head.logos.map(async ({ url, isIcon }) => {
      const logo = await measureLogo(deps, url);
      return logo === undefined ? [] : [{ ...logo, isIcon }];
    }),
  );
  const logos: FoundSite['logos'] = measured.flat();
  const fields = withSite(form, body, { site, logos, readAt: deps.now(), words });
  await leadOn(run, { fields: { ...fields, run: body['run'] } });
}

async function sendTest(run: Run, form: FirstRunForm, body: Record<string, unknown>): Promise<void> {
  const { deps, posts, res } = run;
  if (form.input === undefined) return send(run, { form, isChecked: true }, 422);
  const shown = await posts(framedOf(form));
  if (shown.length === 0) return send(run, { form }, 422);
  const { email } = sessionOf(res).account;
  const [sent] = await sendTestOf(deps, await renderUnsaved(deps, form.input, shown), [email]);
  await recordAudit(deps, { actor: actorOf(res), action: 'newsletter.test' });
  await leadOn(run, { fields: body, test: await testInWords(run, form.input.from.address, email, sent) });
}

type Sent = Awaited<ReturnType<typeof sendTestOf>>[number];

async function testInWords(
  { deps, res }: Run,
  from: string,
  email: string,
  sent: Sent | undefined,
): Promise<FirstRunPage['test']> {
  const words = translatorOf(res);
  const { t } = words;
  const { sending } = deps;
  const link = sending.caughtMailUrl;
  if (sent?.outcome === 'accepted')
    return link === undefined
      ? {
          kind: 'ok',
          text: t('firstRun.taken', { email }),
          advice: await dnsAdvice(deps, from, words),
        }
      : {
          kind: 'warn',
          text: t('firstRun.onlyCaught'),
          link,
          advice: [],
        };
  const handOver = sent?.handOver;
  const said = handOver === undefined ? '' : endInWords(handOver, words);
  return {
    kind: 'error',
    text: t('firstRun.notSent', { email, reply: said }),
    advice: await relayAdvice(sending, from, words),
  };
}

async function create(run: Run, form: FirstRunForm): Promise<void> {
  const { deps, res } = run;
  if (form.input === undefined) return send(run, { form, isChecked: true }, 422);
  const actor = actorOf(res);
  const made = await createNewsletter(deps, form.input);
  if (!made.ok) {
    const { t } = translatorOf(res);
    const path = `/n/${made.slug}`;
    return sendMessage(res, 409, t('firstRun.notCreated'), t('firstRun.manySlugs', { path }));
  }
  const { id: newsletterId, slug } = made.newsletter;
  await recordAudit(deps, { actor, action: 'newsletter.create', subject: `newsletter:${newsletterId}` });
  for (const { url, kind } of form.feeds) {
    const added = await addFeed(deps, { newsletterId, url, kind });
    if (added.status !== 'added') continue;
    await recordAudit(deps, { actor, action: 'feed.add', subject: `feed:${added.feed.id}` });
    // The queued poll finds it done. Without this one the next page would have no posts yet.
    await pollFeed(deps, { feedId: added.feed.id, onlyIfDue: true });
  }
  const home = `/console/newsletters/${slug}`;
  if (form.feeds.length > 0) return redirectWith(res, home, 'created-with-feed');
  redirectWith(res, `${home}/feeds/new`, 'created');
}

/** The fields, with the uploaded logo chosen among those that were found. */
function withUploaded(body: Record<string, unknown>, logo: Logo | undefined): Record<string, unknown> {
  const found = logo === undefined ? undefined : readFoundSite(String(body['found']));
  if (logo === undefined || found === undefined) return body;
  const withOwn = withOwnLogo(found, { ...logo, isIcon: false });
  return { ...body, found: JSON.stringify(withOwn), logo: logo.url };
}

async function act(run: Run, req: Request): Promise<void> {
  const given = (req.body ?? {}) as Record<string, unknown>;
  const words = translatorOf(run.res);
  const uploaded = await takeLogoFile(run.deps, run.res);
  if (uploaded?.ok === false)
    return send(run, { form: readFirstRunForm(given, words), wrongFile: words.say(uploaded.reason) }, 422);
  const body = withUploaded(given, uploaded?.logo);
  const form = readFirstRunForm(body, words);
  const { do: wanted } = body;
  // A new address is read first, whichever button the Enter key pressed.
  if (form.found === undefined || form.address !== form.found.typed) return read(run, form, body);
  if (wanted === 'read') return read(run, form, body);
  if (wanted === 'test') return sendTest(run, form, body);
  if (wanted === 'create') return create(run, form);
  await leadOn(run, { fields: body });
}

/** The mail alone, for the frames. */
async function showMail({ deps, posts, res }: Run, req: Request): Promise<void> {
  const values = readFrameQuery(keysOfFrame(deps), sessionOf(res).csrfToken, req.query);
  const shown = values === undefined ? [] : await posts(values);
  if (values === undefined || shown.length === 0) {
    const { t } = translatorOf(res);
    return sendMessage(res, 404, t('firstRun.nothing'), t('firstRun.nothingWhy'));
  }
  const { rendered } = await renderUnsaved(deps, values.input, shown);
  const { html } = addressedTo(deps.links, sessionOf(res).account.email, rendered);
  sendSandboxed(res, mailInScheme(html, req.query['scheme'] === 'dark' ? 'dark' : 'light'));
}

export function firstRunRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const posts = openPosts(deps);
  const mayWrite = requirePermission('write');
  router.get(page, mayWrite, async (req, res) => show({ deps, posts, res }, req));
  router.post(page, logoFile, requireForm(deps), async (req, res) => act({ deps, posts, res }, req));
  router.get(`${page}/mail`, mayWrite, async (req, res) => showMail({ deps, posts, res }, req));
  return router;
}
