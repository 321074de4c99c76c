// Previews a newsletter's own templates and saves them as versions. The look says which one is used (routes-look.ts).
import express, { type Request, type Response, type Router } from 'express';
import { recordAudit } from '../accounts/audit.js';
import { actorName } from '../accounts/permission.js';
import type { Newsletter } from '../newsletters/schema.js';
import { templateSizeLimit } from '../digest/check-template.js';
import { addTemplate } from '../digest/own-template.js';
import type { Said } from '../languages/messages.js';
import { previewLook } from '../issues/preview-look.js';
import { oneLine } from '../text/clean-text.js';
import type { ConsoleDeps } from './deps.js';
import { aboutNewsletter } from './find-newsletter.js';
import { lookAddress, sendLook, sendMail } from './look-page.js';
import type { SentTemplate } from './look-view.js';
import { redirectWith } from './page.js';
import { actorOf, requireForm } from './session.js';
import { readUpload, uploadOf } from './upload.js';

// More bytes than any valid template: a UTF-16 unit takes at most three bytes in UTF-8.
const bytesRead = 4 * templateSizeLimit;
const longestNote = 200;

/** The text of the file. Undefined: it is not UTF-8. A long file is cut, but stays above the size limit. */
async function fileText(pieces: AsyncIterable<Buffer>): Promise<string | undefined> {
  const kept: Buffer[] = [];
  let bytes = 0;
  // Read to the end: browsers show no response before they have sent the whole file.
  for await (const piece of pieces) {
    if (bytes < bytesRead) kept.push(piece);
    bytes += piece.length;
  }
  const content = Buffer.concat(kept);
  // With `stream`, a character that the cut has split is no error.
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    return decoder.decode(content, { stream: bytes > content.length });
  } catch {
    return undefined;
  }
}

/** The template from the form: the file if there is one, else the pasted text. */
async function readTemplate(req: Request, res: Response): Promise<SentTemplate> {
  const { mjml: pasted, note: said } = (req.body ?? {}) as Record<string, unknown>;
  const note = oneLine(typeof said === 'string' ? said : '').slice(0, longestNote);
  const upload = uploadOf(res);
  const text = upload ? await fileText(upload.pieces) : typeof pasted === 'string' ? pasted : '';
  if (text === undefined) return { mjml: '', note, problems: [{ key: 'design.notText' }] };
  const mjml = text.replaceAll('\r\n', '\n');
  return { mjml, note, problems: mjml.trim() === '' ? [{ key: 'design.pasteOrChoose' }] : [] };
}

async function save(deps: ConsoleDeps, newsletter: Newsletter, req: Request, res: Response): Promise<void> {
  const sent = await readTemplate(req, res);
  const refuse = (problems: Said[]) =>
    sendLook(deps, res, newsletter, { sent: { ...sent, problems }, status: 422 });
  if (sent.problems.length > 0) return refuse(sent.problems);
  const { mjml, note } = sent;
  const actor = actorOf(res);
  const added = await addTemplate(deps, {
    newsletterId: newsletter.id,
    mjml,
    note: note || null,
    createdBy: actorName(actor),
  });
  if (!added.ok) return refuse('problems' in added ? added.problems : [{ key: 'design.deletedMeanwhile' }]);
  const subject = `template:${added.template.id}`;
  await recordAudit(deps, { actor, action: 'template.add', subject });
  redirectWith(res, lookAddress(newsletter), 'template-kept');
}

async function tryTemplate(
  deps: ConsoleDeps,
  newsletter: Newsletter,
  req: Request,
  res: Response,
): Promise<void> {
  const sent = await readTemplate(req, res);
  const preview =
    sent.problems.length > 0
      ? undefined
      : await previewLook(deps, { newsletterId: newsletter.id, mjml: sent.mjml });
  const problems = preview?.problems ?? sent.problems;
  if (problems.length === 0) return sendMail(res, preview);
  return sendLook(deps, res, newsletter, { sent: { ...sent, problems }, status: 422 });
}

export function templateRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const [newsletter, isForm] = [aboutNewsletter(deps), requireForm(deps)];
  const templates = '/newsletters/:slug/look/templates';
  router.post(templates, readUpload(bytesRead), isForm, newsletter(save));
  router.post(`${templates}/preview`, readUpload(bytesRead), isForm, newsletter(tryTemplate));
  return router;
}
