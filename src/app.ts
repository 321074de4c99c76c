// The web application: public pages, console and API on one Express app, with logs, headers and errors of
// every request.
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { fileURLToPath } from 'node:url';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import { openSignIn } from './accounts/open-sign-in.js';
import { apiRoutes } from './api/routes.js';
import { archiveRoutes } from './archive/routes.js';
import { limitBodyTime } from './body-deadline.js';
import { mailboxName } from './config/feedback-mailbox.js';
import { packageRoot, takesMailIn, type Config } from './config/environment.js';
import type { ConsoleDeps } from './console/deps.js';
import { consoleRoutes } from './console/routes.js';
import { heldLinkRoutes } from './console/routes-held.js';
import { reviewLinkRoutes } from './console/routes-review.js';
import type { Database } from './db.js';
import { imageKeys, nobodysLinks, openLinks, type Links } from './delivery/message.js';
import { createIssueWatch } from './reports/watch-issue.js';
import { feedbackHookRoutes } from './feedback/hooks/routes.js';
import { fetchText } from './feedback/hooks/fetch-text.js';
import { webSubRoutes } from './feeds/routes-websub.js';
import { ghostRoutes } from './ghost/routes.js';
import { openImageCache } from './images/image-cache.js';
import { logoFileRoutes } from './images/routes-logos.js';
import { imageRoutes } from './images/routes.js';
import { openImageServer, type ImageServer, type ServeDeps } from './images/serve-image.js';
import { brandButton, brandStyle } from './digest/brand-style.js';
import { getHold } from './lifeline/lifeline.js';
import type { Log } from './log.js';
import type { ComposedMailer } from './mail/send.js';
import { createMetrics, type Metrics } from './metrics.js';
import { routeOf, traceRequests } from './telemetry/routes-trace.js';
import { requireOneHost } from './one-host.js';
import { problem, problemHandler, readerProblem, sendProblem, type Problem } from './problem.js';
import type { Queues } from './queues.js';
import { colourOf } from './newsletters/brand.js';
import { isThisMachine } from './rates/counts.js';
import { securityTxtRoute } from './routes-security-txt.js';
import type { ClickRecorder } from './tracking/record-clicks.js';
import { clickRoute, serveClicks } from './tracking/routes-click.js';
import type { Secrets } from './secrets.js';
import { embedRoutes } from './joining/routes-embed.js';
import { subscriberRoutes } from './joining/routes.js';
import { logoRoute, type LogoDeps } from './joining/routes-logo.js';
import { sendError } from './joining/routes-pages.js';
import { openProxyWatch } from './joining/unnamed-proxy.js';
import { eraseByLink } from './people/erase-subscriber.js';
import { exportByLink } from './people/export-subscriber.js';
import { mergeSubscribers } from './people/merge-subscribers.js';
import { preferencesRoutes } from './preferences/routes.js';
import { openDnsLookup } from './mail/check-dns.js';
import { goesUnsigned } from './mail/dkim.js';
import { styleSheet } from './templating/templates.js';

export interface AppDeps {
  db: Database;
  queues: Queues;
  config: Pick<
    Config,
    | 'baseUrl'
    | 'bounceDomain'
    | 'feedbackListen'
    | 'feedbackMailbox'
    | 'trustProxy'
    | 'allowPrivateFeeds'
    | 'subscribeLimits'
    | 'metricsToken'
    | 'oidc'
    | 'securityContact'
    | 'imageCache'
    | 'relays'
    | 'dkim'
  >;
  log: Log;
  secrets: Secrets;
  mailer: ComposedMailer;
  now: () => Date;
  /** Writes clicks of readers who agreed. Its owner closes it. */
  clicks: ClickRecorder;
  /** The page that shows caught mail, if no mail leaves this machine. */
  caughtMailUrl?: string | undefined;
  /** Optional hook, called once with the metrics of this process. */
  exportMetrics?: (read: Metrics['values']) => void;
}

const readyWithin = 2_000;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function isBearer(req: Request, token: string): boolean {
  const [, given] = /^Bearer (\S+)$/i.exec(req.get('authorization') ?? '') ?? [];
  return given !== undefined && timingSafeEqual(digest(given), digest(token));
}

/** Whether a program on this machine asks, and not a proxy on it for somebody else. */
function isFromThisMachine(req: Request): boolean {
  const { 'x-forwarded-for': forwardedFor, forwarded } = req.headers;
  return (
    isThisMachine(req.socket.remoteAddress ?? '') && forwardedFor === undefined && forwarded === undefined
  );
}

/** Asked so often that a line for each would be most of the log. /metrics counts them. */
const quietRoutes: ReadonlySet<string> = new Set(['/livez', '/healthz', '/readyz', clickRoute]);

function logRequests(
  log: Log,
  observe: (route: string, req: Request, res: Response, seconds: number) => void,
): RequestHandler {
  return (req, res, next) => {
    const started = process.hrtime.bigint();
    const given = req.get('x-request-id') ?? '';
    const requestId = /^[\w.:-]{8,64}$/.test(given) ? given : randomUUID();
    res.locals['requestId'] = requestId;
    res.set('X-Request-Id', requestId);
    res.on('close', () => {
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      const route = routeOf(req);
      observe(route, req, res, seconds);
      const level = res.statusCode >= 500 ? 'warn' : quietRoutes.has(route) ? 'debug' : 'info';
      log[level](
        { requestId, method: req.method, route, status: res.statusCode, ms: Math.round(seconds * 1000) },
        'http: request',
      );
    });
    next();
  };
}

/**
 * Allows our own scripts only, no frames and no requests to other sites. Pages with other needs override it.
 */
function securityHeaders(secure: boolean): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'"],
        frameSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: secure ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    // Sandboxed previews have no origin, so this header cannot apply to them.
    originAgentCluster: false,
    referrerPolicy: { policy: 'strict-origin-when-cross-origin' },
    // Readers' mail programs and other sites load style sheets and embed scripts from here.
    crossOriginResourcePolicy: { policy: 'cross-origin' },
  });
}

const within = <T>(ms: number, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer in ${ms} ms`)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });

/** Checks each part. The answer has one state per part, so that an operator sees which one is down. */
async function readiness({
  db,
  queues,
  log,
}: AppDeps): Promise<{ ready: boolean; parts: Record<string, 'up' | 'down' | 'held'> }> {
  let held = false;
  const check = async (part: string, work: Promise<unknown>): Promise<[string, 'up' | 'down']> => {
    try {
      await within(readyWithin, work);
      return [part, 'up'];
    } catch (error) {
      log.warn({ err: error, part }, 'http: not ready');
      return [part, 'down'];
    }
  };
  const parts = await Promise.all([
    check(
      'database',
      getHold(db).then((hold) => (held = hold !== undefined)),
    ),
    check('queue', queues.ping()),
  ]);
  const ready = parts.every(([, state]) => state === 'up');
  // Pages and forms work while sending is held (src/lifeline/lifeline.ts), so a hold is not "down".
  return { ready, parts: { ...Object.fromEntries(parts), ...(held ? { sending: 'held' as const } : {}) } };
}

/** Answers a browser with a page. False: the client is a program, which gets problem+json. */
function answerWithPage(req: Request, res: Response, answer: Problem): boolean {
  if (req.originalUrl.startsWith('/api/') || req.accepts(['json', 'html']) !== 'html') return false;
  // The route may have set another type for the answer that failed.
  res.type('html');
  sendError(req, res, answer);
  return true;
}

function imagesFrom(
  { folder, megabytes }: Config['imageCache'],
  deps: Omit<ServeDeps, 'cache'>,
): ImageServer {
  return openImageServer({ ...deps, cache: openImageCache(folder, { bytesAtMost: megabytes * 1_000_000 }) });
}

/** For the load balancer and the operator: alive (whatever the database does), able to serve, and figures. */
function serveSignsOfLife(app: Express, deps: AppDeps, metrics: ReturnType<typeof createMetrics>): void {
  const { metricsToken } = deps.config;
  for (const path of ['/livez', '/healthz']) app.get(path, (_req, res) => void res.json({ status: 'ok' }));
  app.get('/readyz', async (_req, res) => {
    const { ready, parts } = await readiness(deps);
    res.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'unavailable', ...parts });
  });
  app.get('/metrics', async (req, res) => {
    if (metricsToken === undefined && !isFromThisMachine(req))
      return sendProblem(
        res,
        problem(
          403,
          'metrics-token-needed',
          'Only this machine reads /metrics. Set METRICS_TOKEN, and send it as Authorization: Bearer.',
        ),
      );
    if (metricsToken !== undefined && !isBearer(req, metricsToken))
      return sendProblem(
        res,
        problem(401, 'unauthorized', 'Send the header Authorization: Bearer METRICS_TOKEN.'),
      );
    return res.type(metrics.contentType).send(await metrics.text());
  });
}

/** The style sheets, scripts and icon of our own pages. */
function serveAssets(app: Express): void {
  app.get('/assets/brand-:colour.css', (req, res, next) => {
    const colour = colourOf(req.path);
    if (colour === undefined) return next();
    res.set('Cache-Control', 'public, max-age=86400').type('css').send(brandStyle(colour));
  });
  for (const name of ['style.css', 'console.css'] as const)
    app.get(`/assets/${name}`, (_req, res) => {
      res.set('Cache-Control', 'public, max-age=300').type('css').send(styleSheet(name));
    });
  for (const [name, url] of [
    ['console.js', new URL('templates/console/console.js', packageRoot)],
    ['next-issue.js', new URL('templates/console/next-issue.js', packageRoot)],
    ['growth.js', new URL('templates/console/growth.js', packageRoot)],
    ['form.js', new URL('templates/console/form.js', packageRoot)],
    ['look.js', new URL('templates/console/look.js', packageRoot)],
    ['first-run.js', new URL('templates/console/first-run.js', packageRoot)],
    ['passkey.js', new URL('templates/console/passkey.js', packageRoot)],
    ['preferences.js', new URL('templates/pages/preferences.js', packageRoot)],
    ['subscribe.js', new URL('templates/pages/subscribe.js', packageRoot)],
    ['copy.js', new URL('templates/pages/copy.js', packageRoot)],
    ['challenge.js', new URL('templates/pages/challenge.js', packageRoot)],
    ['solve.js', new URL('templates/pages/solve.js', packageRoot)],
    ['icon.svg', new URL('templates/pages/icon.svg', packageRoot)],
    ['domain-hint.js', new URL('joining/domain-hint.js', import.meta.url)],
  ] as const)
    app.get(`/assets/${name}`, (_req, res) => {
      // The form on other sites loads solve.js as a module, for which browsers require this header.
      res.set({ 'Cache-Control': 'public, max-age=300', 'Access-Control-Allow-Origin': '*' });
      res.sendFile(fileURLToPath(url));
    });
  // Browsers and mail programs ask for it without a link, on each first visit.
  app.get('/favicon.ico', (_req, res) => res.redirect(301, '/assets/icon.svg'));
}

/** The images of posts, and the logos of our own pages. */
function serveImages(
  app: Express,
  { db, images, keys }: { db: Database; images: ImageServer; keys: readonly string[] },
): void {
  app.use(imageRoutes({ images, keys }));
  app.use(logoFileRoutes({ db }));
  const logoImage: LogoDeps['logoImage'] = async (logo) => {
    const served = await images.serve(logo);
    return served.status === 'image' ? served : undefined;
  };
  app.use(logoRoute({ db, logoImage }));
}

/** The addresses that programs call: hubs of feeds, Ghost, and providers of relays. */
function serveHooks(app: Express, deps: AppDeps, metrics: ReturnType<typeof createMetrics>): void {
  const shared = { ...deps, enqueue: deps.queues.enqueue };
  app.use(webSubRoutes(shared));
  app.use(ghostRoutes(deps));
  app.use(
    feedbackHookRoutes({
      ...shared,
      relays: deps.config.relays ?? [],
      countRejected: metrics.countRejectedHook,
      fetchText: (url) => fetchText(url, deps.config),
    }),
  );
}

/** The console, and the pages at links in mails to its accounts. */
function serveConsole(app: Express, deps: ConsoleDeps): void {
  app.use('/review', reviewLinkRoutes(deps));
  app.use('/held', heldLinkRoutes(deps));
  app.use('/console', consoleRoutes(deps));
}

/** Unknown addresses, and errors. */
function answerTheRest(app: Express, log: Log): void {
  app.use((req, res) => {
    const missing = readerProblem(404, 'not-found', { key: 'errors.notFound' });
    if (!answerWithPage(req, res, missing)) sendProblem(res, missing);
  });
  app.use(problemHandler(log, answerWithPage));
}

/** What the console says about how mail leaves and comes back. */
function aboutMail({ config, caughtMailUrl }: AppDeps, { verpKey }: Links) {
  const { relays = [], dkim, bounceDomain, feedbackMailbox, feedbackListen } = config;
  const dns = openDnsLookup();
  return {
    goesUnsigned: (domain: string) => goesUnsigned(config, domain),
    sending: { relays, dkim, bounceDomain, verpKey, dns, caughtMailUrl },
    waysIn: {
      mailbox: feedbackMailbox && mailboxName(feedbackMailbox),
      listener: feedbackListen && `${feedbackListen.host}:${feedbackListen.port}`,
    },
  };
}

function openMetrics(deps: AppDeps): Metrics {
  const metrics = createMetrics({ ...deps, isPrivate: deps.config.metricsToken !== undefined });
  deps.exportMetrics?.(metrics.values);
  return metrics;
}

export function createApp(deps: AppDeps): RequestListener {
  const { db, queues, config, log, secrets, mailer, now } = deps;
  const metrics = openMetrics(deps);
  const links = openLinks(secrets, config.baseUrl, config.bounceDomain, takesMailIn(config));
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', config.trustProxy ?? false);
  const watchProxy = openProxyWatch({ db, log, trustProxy: config.trustProxy });
  app.use((req, _res, next) => {
    watchProxy(req);
    next();
  });
  app.locals['now'] = now;
  app.use(logRequests(log, metrics.observe), traceRequests());
  app.use(limitBodyTime());
  app.use(requireOneHost);
  // Before the headers of pages, which a redirect does not need.
  const listener = serveClicks(app, { ...deps, links, observe: metrics.observe });
  app.use(securityHeaders(config.baseUrl.startsWith('https:')));

  serveSignsOfLife(app, deps, metrics);
  serveAssets(app);
  app.use(securityTxtRoute(deps));
  const shared = {
    db,
    enqueue: queues.enqueue,
    now,
    log,
    secrets,
    mailer,
    baseUrl: config.baseUrl,
    links,
    nobodysLinks: nobodysLinks(links),
    allowPrivateFeeds: config.allowPrivateFeeds,
    issueWatch: createIssueWatch({ db }),
    subscribeLimits: config.subscribeLimits,
  };
  serveHooks(app, deps, metrics);
  app.use('/api/v1', apiRoutes(shared));
  const images = imagesFrom(config.imageCache, shared);
  const forConsole = {
    ...shared,
    images,
    ...openSignIn({ db, now, log, oidc: config.oidc, baseUrl: config.baseUrl }),
    ...aboutMail(deps, links),
  };
  serveConsole(app, forConsole);
  app.use(archiveRoutes({ db, secrets, baseUrl: config.baseUrl }));
  serveImages(app, { db, images, keys: imageKeys(links) });
  app.use(embedRoutes({ ...shared, brandButton }));
  app.use(subscriberRoutes({ ...shared, observe: metrics.countSubscribe }));
  app.use(
    preferencesRoutes({
      ...shared,
      eraseSubscriber: eraseByLink,
      exportSubscriber: exportByLink,
      mergeSubscribers,
    }),
  );

  answerTheRest(app, log);
  return listener;
}
