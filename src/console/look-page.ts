// Sends the page of a newsletter's look. Several forms show it again when a field has a problem.
import type { Response } from 'express';
import { previewLook, type LookPreview, type LookTrial } from '../issues/preview-look.js';
import { listTemplates } from '../newsletters/own-templates.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { ConsoleDeps } from './deps.js';
import { lookView, type LookPage } from './look-view.js';
import { sendMessage, sendSandboxed, sendPage, translatorOf } from './page.js';

const versionsShown = 50;

export const lookAddress = ({ slug }: Newsletter): string => `/console/newsletters/${slug}/look`;

/** Sends the page. With `trial`, the preview shows the mail in that look. */
export async function sendLook(
  deps: ConsoleDeps,
  res: Response,
  newsletter: Newsletter,
  {
    trial,
    status = 200,
    ...shown
  }: Omit<LookPage, 'newsletter' | 'versions' | 'preview' | 'tried'> & {
    trial?: LookTrial | undefined;
    status?: number;
  } = {},
): Promise<void> {
  const newsletterId = newsletter.id;
  const [preview, versions] = await Promise.all([
    previewLook(deps, { newsletterId, ...trial }),
    listTemplates(deps.db, { newsletterId, limit: versionsShown }),
  ]);
  const tried = trial !== undefined;
  const view = lookView({ newsletter, versions, preview, tried, ...shown }, translatorOf(res));
  sendPage(res, 'look', view, { status });
}

/** Sends the mail alone, for a new tab. */
export function sendMail(res: Response, preview: LookPreview | undefined): void {
  if (preview?.rendered) return sendSandboxed(res, preview.rendered.html);
  const { t } = translatorOf(res);
  sendMessage(res, 404, t('design.nothingYet'), t('design.noPosts'));
}
