// issue check: what a publisher would want to know of a mail before it goes out.
import { previewIssue } from '../delivery/preview.js';
import { getIssue } from '../reports/progress.js';
import type { MailSize } from '../issues/issue.js';
import { previewNext } from '../issues/preview-next.js';
import { checkLinks } from '../links/check-links.js';
import { CommandError, type Call, type Command } from './command.js';
import { newsletterOption, theNewsletter, withContext, type Context } from './context.js';

interface Mail {
  subject: string;
  html: string;
  mailSize: MailSize | null;
}

/** The mail of the issue that `call` names, or of the next one as it stands; undefined: there is nothing new. */
async function mailOf(context: Context, call: Call): Promise<Mail | undefined> {
  const [issueId] = call.args;
  if (issueId === undefined) {
    const newsletter = await theNewsletter(context.db, call);
    const rendered = (await previewNext(context, { newsletterId: newsletter.id }))?.rendered;
    if (!rendered) return undefined;
    const { subject, html, bytes, dropped } = rendered;
    return { subject, html, mailSize: { bytes, dropped } };
  }
  const isId = /^\d{1,18}$/.test(issueId);
  const issue = isId ? await getIssue(context.db, issueId) : undefined;
  const html = isId ? await previewIssue(context, { issueId, part: 'html' }) : undefined;
  if (!issue || html === undefined)
    throw new CommandError('not-found', `there is no issue ${issueId} with posts`);
  return { subject: issue.subject ?? '', html, mailSize: issue.mailSize };
}

const checkCommand: Command = {
  name: 'issue check',
  summary: 'Say how large a mail is and whether its links answer; without an id, of the next issue',
  args: { usage: '[ISSUE]', min: 0, max: 1 },
  options: newsletterOption,
  async run(call) {
    return withContext(async (context) => {
      const mail = await mailOf(context, call);
      if (mail === undefined) {
        call.out.result({ subject: null }, 'There is nothing new.');
        return 0;
      }
      const { subject, html, mailSize } = mail;
      const progress = call.out.progress('Following links');
      const linkReport = await checkLinks(context, html, (done, all) =>
        progress.update(done, all, ''),
      ).finally(() => progress.end());
      const { links, unclear, silent } = linkReport;
      const { excerpts = 0, images = 0, posts = 0, ownTemplate = [] } = mailSize?.dropped ?? {};
      call.out.result({ subject, mailSize, linkReport }, [
        `Subject: ${subject} (${subject.length} characters)`,
        ...(mailSize === null
          ? []
          : [
              `Size: ${mailSize.bytes} of 90000 bytes; cut for it: ${excerpts} texts, ${images} images, ${posts} posts`,
            ]),
        ...(ownTemplate.length === 0
          ? []
          : [`✗ In our magazine: your own template left out ${ownTemplate.join(', ')}`]),
        `Links: ${links - unclear - silent.length} of ${links} answer; ${unclear} let no program look`,
        ...silent.map(({ url, reason }) => `✗ ${url}\n  ${reason}`),
      ]);
      return silent.length === 0 ? 0 : 1;
    });
  },
};

export const checkCommands = [checkCommand];
