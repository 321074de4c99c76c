// Imports and exports readers: uploads a list, tries it, imports it, shows its rows, and undoes it.
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { recordAudit } from '../accounts/audit.js';
import { sendReaders } from '../api/exports.js';
import { sendImportErrors } from '../api/imports.js';
import type { Message } from '../languages/messages.js';
import type { Newsletter } from '../newsletters/schema.js';
import { exportFormats } from '../imports/export-subscribers.js';
import { getImport, listImportRows, listImports, type ImportView } from '../imports/get-import.js';
import { importOutcomes } from '../imports/outcome.js';
import { genericStatuses } from '../imports/sources.js';
import { receiveImport } from '../imports/receive-import.js';
import { importDryRun } from '../imports/import-dry-run.js';
import { basisNeeded, startImport } from '../imports/start-import.js';
import { requestUndoImport } from '../imports/undo-import.js';
import type { ConsoleDeps } from './deps.js';
import { aboutNewsletter, findNewsletter } from './find-newsletter.js';
import { formField } from './form-field.js';
import { importView, isUnderWay, stateOf, statusChoices, titleOf } from './import-view.js';
import { redirectWith, sendPage, translatorOf } from './page.js';
import { requireProof } from './profile/prove.js';
import { actorOf, requireForm, requirePermission } from './session.js';
import { readUpload, uploadOf, type Upload } from './upload.js';

const rowsAtOnce = 50;
const refreshSeconds = 3;
const ndjsonFile = /\.(?:ndjson|jsonl|json)$/i;

/** The other fields of the form. The page shows them again if the file is refused. */
interface Said {
  basis: string;
  map: string;
  status: string;
  ask: string;
}

const saidIn = (req: Request): Said => ({
  basis: formField(req, 'basis'),
  map: formField(req, 'map'),
  status: formField(req, 'status'),
  ask: formField(req, 'ask'),
});

const pathOf = ({ slug }: Newsletter): string => `/console/newsletters/${slug}/imports`;

type Taken = { id: string } | { status: number; problem: Message };

/** Stores the file and starts its import. */
async function take(
  deps: ConsoleDeps,
  newsletter: Newsletter,
  { upload: { name, pieces }, said, dryRun }: { upload: Upload; said: Said; dryRun: boolean },
): Promise<Taken> {
  const kept = await receiveImport(deps, { newsletterId: newsletter.id, body: pieces });
  if (kept.status === 'too-large') return { status: 413, problem: kept.reason };
  if (kept.status === 'unknown-newsletter')
    return { status: 404, problem: { key: 'imports.newsletterGone' } };
  const started = await startImport(deps, {
    received: kept.received,
    contentType: ndjsonFile.test(name) ? 'application/x-ndjson' : 'text/csv',
    basis: said.basis,
    map: said.map,
    status: Object.hasOwn(genericStatuses, said.status) ? genericStatuses[said.status] : undefined,
    asksAll: said.ask === 'all',
    fileName: name,
    dryRun,
  });
  return started.status === 'accepted' ? { id: started.id } : { status: 422, problem: started.reason };
}

/** The import that an address names, its newsletter, and the path of its page. */
interface Found {
  newsletter: Newsletter;
  found: ImportView;
  page: string;
}

type Act = (deps: ConsoleDeps, it: Found, req: Request, res: Response) => Promise<void>;

/** Makes a request handler of an act: finds the import first. */
const aboutImport =
  (deps: ConsoleDeps) =>
  (act: Act): RequestHandler =>
  async (req, res) => {
    const newsletter = await findNewsletter(deps.db, req, res);
    if (!newsletter) return;
    const found = await getImport(deps, String(req.params['id']), translatorOf(res));
    if (found?.newsletterId !== newsletter.id) {
      const { t } = translatorOf(res);
      const view = { heading: t('imports.notFound'), text: t('imports.notFoundWhy') };
      return sendPage(res, 'message', view, { status: 404 });
    }
    await act(deps, { newsletter, found, page: `${pathOf(newsletter)}/${found.id}` }, req, res);
  };

async function sendForm(
  deps: ConsoleDeps,
  res: Response,
  newsletter: Newsletter,
  { status = 200, problem, said }: { status?: number; problem?: Message; said?: Said } = {},
): Promise<void> {
  const imports = await listImports(deps, { newsletterId: newsletter.id, limit: 20 });
  const words = translatorOf(res);
  const view = {
    newsletter,
    problem: problem && words.say(problem),
    said,
    script: '/assets/console.js',
    choices: statusChoices.map(({ value, key }) => ({
      value,
      label: words.t(key),
      chosen: value === (said?.status ?? ''),
    })),
    imports: imports?.data.map((one) => ({ ...one, title: titleOf(one, words), badge: stateOf(one) })),
  };
  sendPage(res, 'imports', view, { status });
}

async function upload(deps: ConsoleDeps, newsletter: Newsletter, req: Request, res: Response): Promise<void> {
  const said = saidIn(req);
  const file = uploadOf(res);
  const dryRun = req.query['dryRun'] === 'true';
  const refuse = (status: number, problem: Message): Promise<void> =>
    sendForm(deps, res, newsletter, { status, problem, said });
  if (!file) return refuse(422, { key: 'imports.chooseFile' });
  // Asked here, before the file is stored.
  if (!dryRun && said.basis === '') return refuse(422, basisNeeded);
  const taken = await take(deps, newsletter, { upload: file, said, dryRun });
  if (!('id' in taken)) return refuse(taken.status, taken.problem);
  const subject = `import:${taken.id}`;
  await recordAudit(deps, { actor: actorOf(res), action: 'subscribers.import', subject });
  res.redirect(303, `${pathOf(newsletter)}/${taken.id}`);
}

async function sendImport(
  deps: ConsoleDeps,
  { newsletter, found, page }: Found,
  { req, res, problem }: { req: Request; res: Response; problem?: Message },
): Promise<void> {
  const words = translatorOf(res);
  const outcome = importOutcomes.find((name) => name === req.query['outcome']);
  const after = Number(req.query['after'] ?? 0);
  const rows = await listImportRows(deps, {
    importId: found.id,
    outcome,
    cursor: String(Number.isSafeInteger(after) && after > 0 && after < 2 ** 31 ? after : 0),
    limit: rowsAtOnce,
    words,
  });
  const underWay = isUnderWay(found);
  sendPage(
    res,
    'import',
    {
      newsletter,
      page,
      problem: problem && words.say(problem),
      script: underWay ? '/assets/console.js' : undefined,
      ...importView(found, { chosen: outcome, now: deps.now() }, words),
      rows: rows?.data,
      next:
        rows?.nextCursor &&
        `${page}?${outcome === undefined ? '' : `outcome=${outcome}&`}after=${rows.nextCursor}#rows`,
    },
    { status: problem === undefined ? 200 : 422, ...(underWay && { refreshSeconds }) },
  );
}

const show: Act = (deps, it, req, res) => sendImport(deps, it, { req, res });

/** Imports the file of a dry run. */
const runDry: Act = async (deps, it, req, res) => {
  const started = await importDryRun(deps, { importId: it.found.id, basis: formField(req, 'basis') });
  if (started.status === 'not-found') return res.redirect(303, pathOf(it.newsletter));
  if (started.status === 'refused') return sendImport(deps, it, { req, res, problem: started.reason });
  const subject = `import:${started.id}`;
  if (started.fresh) await recordAudit(deps, { actor: actorOf(res), action: 'subscribers.import', subject });
  res.redirect(303, `${pathOf(it.newsletter)}/${started.id}`);
};

async function confirmUndo(_: ConsoleDeps, it: Found, _req: Request, res: Response): Promise<void> {
  sendPage(res, 'import-undo', { ...it, changed: it.found.created + it.found.updated });
}

async function undo(deps: ConsoleDeps, { found, page }: Found, _req: Request, res: Response): Promise<void> {
  const asked = await requestUndoImport(deps, { importId: found.id });
  if (asked.status !== 'accepted') return redirectWith(res, page, 'import-stays');
  const subject = `import:${found.id}`;
  if (asked.fresh)
    await recordAudit(deps, { actor: actorOf(res), action: 'subscribers.undo-import', subject });
  redirectWith(res, page, 'import-undone');
}

export function importRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const [newsletter, one, isForm] = [aboutNewsletter(deps), aboutImport(deps), requireForm(deps)];
  const imports = '/newsletters/:slug/imports';

  router.get(
    imports,
    newsletter((_deps, found, _req, res) => sendForm(deps, res, found)),
  );
  router.post(imports, readUpload(), isForm, newsletter(upload));
  router.get(`${imports}/:id`, one(show));
  router.get(
    `${imports}/:id/errors.csv`,
    requirePermission('write'),
    one((_deps, { found }, _req, res) =>
      sendImportErrors(deps, res, {
        importId: found.id,
        actor: actorOf(res),
        words: translatorOf(res),
      }),
    ),
  );
  router.post(`${imports}/:id/run`, isForm, one(runDry));
  router.get(`${imports}/:id/undo`, one(confirmUndo));
  router.post(`${imports}/:id/undo`, isForm, one(undo));
  for (const format of exportFormats)
    router.get(
      `/newsletters/:slug/readers.${format}`,
      requirePermission('write'),
      requireProof(deps, (req) => `/console/newsletters/${String(req.params['slug'])}/imports`),
      newsletter((_deps, found, _req, res) =>
        sendReaders(deps, res, { newsletter: found, format, actor: actorOf(res) }),
      ),
    );
  return router;
}
