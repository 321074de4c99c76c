// issue check: checks the size and the links of a mail before it goes out.
import { previewIssue } from '../delivery/preview.js';
import { isId } from '../ids.js';
import { getIssue } from '../reports/progress.js';
import type { MailSize } from '../issues/issue.js';
import { previewNext } from '../issues/preview-next.js';
import { translator } from '../languages/translate.js';
import { checkLinks } from '../links/check-links.js';
import { CommandError, type CommandCall, type Command } from './command.js';
import {
  issueArgument,
  newsletterOption,
  theIssueId,
  theNewsletter,
  withContext,
  type Context,
} from './context.js';

interface Mail {
  subject: string;
  html: string;
  mailSize: MailSize | null;
}

/** The mail of the issue that `call` names, or a preview of the next one. Undefined if there are no posts. */
async function mailOf(context: Context, call: CommandCall): Promise<Mail | undefined> {
  if (call.args.length === 0) {
    const newsletter = await theNewsletter(context.db, call);
    const rendered = (await previewNext(context, { newsletterId: newsletter.id }))?.rendered;
    if (!rendered) return undefined;
    const { subject, html, bytes, dropped } = rendered;
    return { subject, html, mailSize: { bytes, dropped } };
  }
  const issueId = await theIssueId(context.db, call);
  const possible = isId(issueId);
  const issue = possible ? await getIssue(context.db, issueId) : undefined;
  const previewed = possible ? await previewIssue(context, { issueId, part: 'html' }) : undefined;
  if (!issue || !previewed?.ok)
    throw new CommandError('not-found', `There is no issue ${issueId} with posts.`);
  return { subject: issue.subject ?? '', html: previewed.content, mailSize: issue.mailSize };
}

export const checkCommand: Command = {
  name: 'issue check',
  summary: 'Check the size and the links of an issue; without one, of the next issue',
  args: '[issue]',
  argsHelp: issueArgument,
  options: newsletterOption,
  async run(call) {
    return withContext(async (context) => {
      const mail = await mailOf(context, call);
      if (mail === undefined) {
        call.out.result({ subject: null }, 'There are no new posts.');
        return 0;
      }
      const { subject, html, mailSize } = mail;
      const progress = call.out.progress('Checking links');
      const report = await checkLinks(context, html, (done, all) => progress.update(done, all, '')).finally(
        () => progress.end(),
      );
      const { links, unclear } = report;
      const silent = report.silent.map(({ url, reason }) => ({ url, reason: translator('en').say(reason) }));
      const linkReport = { ...report, silent };
      const { excerpts = 0, images = 0, posts = 0, ownTemplate = [] } = mailSize?.dropped ?? {};
      call.out.result({ subject, mailSize, linkReport }, [
        `Subject: ${subject} (${subject.length} characters)`,
        ...(mailSize === null
          ? []
          : [
              `Size: ${mailSize.bytes} of at most 90000 bytes. Left out to fit: ${excerpts} texts, ${images} images, ${posts} posts`,
            ]),
        ...(ownTemplate.length === 0
          ? []
          : [
              `✗ Sent with the template magazine: your own template failed the check: ${ownTemplate.join(', ')}`,
            ]),
        `Links: ${links - unclear - silent.length} of ${links} work; ${unclear} refuse automatic checks`,
        ...silent.map(({ url, reason }) => `✗ ${url}\n  ${reason}`),
      ]);
      return silent.length === 0 ? 0 : 1;
    });
  },
};
