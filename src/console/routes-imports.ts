// Imports and exports readers: uploads a list, tries it, imports it, shows its rows, and undoes it.
import express, { type Request, type Response, type Router } from 'express';
import { recordAudit } from '../accounts/audit.js';
import { sendReaders } from '../api/exports.js';
import { sendImportErrors } from '../api/imports.js';
import type { Newsletter } from '../newsletters/schema.js';
import { exportFormats } from '../imports/export-subscribers.js';
import { getImport, listImportRows, listImports, type ImportView } from '../imports/get-import.js';
import { importOutcomes } from '../imports/outcome.js';
import { genericStatuses } from '../imports/sources.js';
import { receiveImport } from '../imports/receive-import.js';
import { startImport } from '../imports/start-import.js';
import { requestUndoImport } from '../imports/undo-import.js';
import type { ConsoleDeps } from './deps.js';
import { newsletterFinder } from './find-newsletter.js';
import { importView, isUnderWay, stateOf, statusChoices, titleOf } from './import-view.js';
import { redirectWith, sendMessage, sendPage } from './page.js';
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

function saidIn({ body }: Request): Said {
  const text = (name: string): string => {
    const value: unknown = (body as Record<string, unknown> | undefined)?.[name];
    return typeof value === 'string' ? value.trim() : '';
  };
  return { basis: text('basis'), map: text('map'), status: text('status'), ask: text('ask') };
}

const pathOf = ({ slug }: Newsletter): string => `/console/newsletters/${slug}/imports`;

type Taken = { id: string } | { status: number; problem: string };

/** Stores the file and starts its import. */
async function take(
  deps: ConsoleDeps,
  newsletter: Newsletter,
  { upload: { name, pieces }, said, dryRun }: { upload: Upload; said: Said; dryRun: boolean },
): Promise<Taken> {
  const kept = await receiveImport(deps, { newsletterId: newsletter.id, body: pieces });
  if (kept.status === 'too-large') return { status: 413, problem: kept.detail };
  if (kept.status === 'unknown-newsletter')
    return { status: 404, problem: 'The newsletter was deleted meanwhile.' };
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
  return started.status === 'accepted' ? { id: started.id } : { status: 422, problem: started.detail };
}

export function importRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();

  const findNewsletter = newsletterFinder(deps.db);
  const findImport = async (
    req: Request,
    res: Response,
  ): Promise<{ newsletter: Newsletter; found: ImportView; page: string } | undefined> => {
    const newsletter = await findNewsletter(req, res);
    if (!newsletter) return undefined;
    const found = await getImport(deps, String(req.params['id']));
    if (found?.newsletterId === newsletter.id)
      return { newsletter, found, page: `${pathOf(newsletter)}/${found.id}` };
    sendMessage(res, 404, 'Import not found', 'It may have been deleted with its newsletter.');
    return undefined;
  };

  const showForm = async (
    res: Response,
    newsletter: Newsletter,
    { status = 200, problem, said }: { status?: number; problem?: string; said?: Said } = {},
  ): Promise<void> => {
    const imports = await listImports(deps, { newsletterId: newsletter.id, limit: 20 });
    const view = {
      newsletter,
      problem,
      said,
      script: '/assets/console.js',
      choices: statusChoices.map((choice) => ({ ...choice, chosen: choice.value === said?.status })),
      imports: imports?.data.map((one) => ({ ...one, title: titleOf(one), badge: stateOf(one) })),
    };
    sendPage(res, 'imports', view, { status });
  };

  router.get('/newsletters/:slug/imports', async (req, res) => {
    const newsletter = await findNewsletter(req, res);
    if (newsletter) await showForm(res, newsletter);
  });

  router.post('/newsletters/:slug/imports', readUpload(), requireForm(deps), async (req, res) => {
    const newsletter = await findNewsletter(req, res);
    if (!newsletter) return;
    const said = saidIn(req);
    const upload = uploadOf(res);
    const taken: Taken = upload
      ? await take(deps, newsletter, { upload, said, dryRun: req.query['dryRun'] === 'true' })
      : { status: 422, problem: 'Choose a file with your readers.' };
    if (!('id' in taken)) return showForm(res, newsletter, { ...taken, said });
    const subject = `import:${taken.id}`;
    await recordAudit(deps, { actor: actorOf(res), action: 'subscribers.import', subject });
    res.redirect(303, `${pathOf(newsletter)}/${taken.id}`);
  });

  router.get('/newsletters/:slug/imports/:id', async (req, res) => {
    const it = await findImport(req, res);
    if (!it) return;
    const { found, page } = it;
    const outcome = importOutcomes.find((name) => name === req.query['outcome']);
    const after = Number(req.query['after'] ?? 0);
    const rows = await listImportRows(deps, {
      importId: found.id,
      outcome,
      cursor: String(Number.isSafeInteger(after) && after > 0 && after < 2 ** 31 ? after : 0),
      limit: rowsAtOnce,
    });
    const underWay = isUnderWay(found);
    sendPage(
      res,
      'import',
      {
        newsletter: it.newsletter,
        page,
        script: underWay ? '/assets/console.js' : undefined,
        ...importView(found, outcome),
        rows: rows?.data,
        next: rows?.nextCursor,
      },
      underWay ? { refreshSeconds } : {},
    );
  });

  router.get('/newsletters/:slug/imports/:id/errors.csv', requirePermission('write'), async (req, res) => {
    const it = await findImport(req, res);
    if (it) await sendImportErrors(deps, res, { importId: it.found.id, actor: actorOf(res) });
  });

  router.get('/newsletters/:slug/imports/:id/undo', async (req, res) => {
    const it = await findImport(req, res);
    if (it) sendPage(res, 'import-undo', { ...it, changed: it.found.created + it.found.updated });
  });

  router.post('/newsletters/:slug/imports/:id/undo', requireForm(deps), async (req, res) => {
    const it = await findImport(req, res);
    if (!it) return;
    const asked = await requestUndoImport(deps, { importId: it.found.id });
    if (asked.status !== 'accepted') return redirectWith(res, it.page, 'import-stays');
    const subject = `import:${it.found.id}`;
    if (asked.fresh)
      await recordAudit(deps, { actor: actorOf(res), action: 'subscribers.undo-import', subject });
    redirectWith(res, it.page, 'import-undone');
  });

  for (const format of exportFormats)
    router.get(`/newsletters/:slug/readers.${format}`, requirePermission('write'), async (req, res) => {
      const newsletter = await findNewsletter(req, res);
      if (newsletter) await sendReaders(deps, res, { newsletter, format, actor: actorOf(res) });
    });

  return router;
}
