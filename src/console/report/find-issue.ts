// Finds the issue that a page's address names, with its newsletter.
import type { Request, RequestHandler, Response } from 'express';
import { getNewsletter } from '../../newsletters/get-newsletter.js';
import type { Newsletter } from '../../newsletters/schema.js';
import { editorName } from '../../reports/editor-name.js';
import { getIssueProgress, type IssueView } from '../../reports/progress.js';
import type { ConsoleDeps } from '../deps.js';
import { sendMessage, translatorOf } from '../page.js';

export function noSuchIssue(res: Response): void {
  const { t } = translatorOf(res);
  sendMessage(res, 404, t('issue.missing'), t('issue.missingWhy'));
}

/** Four eyes: whoever edited an issue last may not approve it. `editedBy`: as in the audit log. */
export async function refuseOwnEdit(deps: ConsoleDeps, res: Response, editedBy: string): Promise<void> {
  const { t } = translatorOf(res);
  const name = await editorName(deps, editedBy);
  sendMessage(res, 409, t('issue.notApproved'), t('issue.fourEyes', { name }));
}

export interface FoundIssue {
  issue: IssueView;
  newsletter: Newsletter;
}

/** Answers a request about an issue. */
export type IssuePageAct = (
  deps: ConsoleDeps,
  found: FoundIssue,
  req: Request,
  res: Response,
) => Promise<void>;

/** Makes a request handler of an act: finds the issue first. */
export const aboutIssue =
  (deps: ConsoleDeps) =>
  (act: IssuePageAct): RequestHandler =>
  async (req, res) => {
    const issue = await getIssueProgress(deps.db, String(req.params['id']), translatorOf(res));
    const newsletter = issue && (await getNewsletter(deps.db, issue.newsletterId));
    if (issue && newsletter) await act(deps, { issue, newsletter }, req, res);
    else noSuchIssue(res);
  };
