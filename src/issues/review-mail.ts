// The mail "Tuesday's digest goes out at 07:00: look at it". To the publisher's accounts, in English like the
// console.
import type { ReviewTimeout } from '../newsletters/schedule.js';
import type { Newsletter } from '../newsletters/schema.js';
import { renderEmail, renderText } from '../templating/templates.js';
import { oneLine } from '../text/clean-text.js';
import { cutAtWord } from '../text/cut-text.js';

export interface ReviewMailInput {
  newsletter: Pick<Newsletter, 'name'>;
  /** As most readers will see it. */
  subject: string;
  /** "Tuesday 07:00, Berlin time". */
  slot: string;
  /** The slot has passed. */
  isDue: boolean;
  /** Until when it can be decided, in the same form. */
  deadline: string | null;
  timeout: ReviewTimeout;
  titles: readonly string[];
  reviewUrl: string;
}

const shownTitles = 20;

/** What will happen, in a sentence. */
function plan({ slot, isDue, deadline, timeout }: ReviewMailInput): string {
  const when = isDue ? 'as soon as you approve it' : `${slot}, once you approve it`;
  switch (timeout) {
    case 'wait':
      return `It goes out ${when}. Until then it waits.`;
    case 'release':
      return `Without a decision it goes out ${deadline ?? slot}.`;
    case 'skip':
      return `It goes out ${when}. Without an approval by ${deadline ?? slot}, it is skipped and its posts go to the next issue.`;
  }
}

/** Subject, HTML and text. */
export async function renderReviewMail(
  input: ReviewMailInput,
): Promise<{ subject: string; html: string; text: string }> {
  const name = oneLine(input.newsletter.name);
  const subject = cutAtWord(`Review ${name}: ${input.isDue ? 'waiting for you' : input.slot}`, 120);
  const titles = input.titles.slice(0, shownTitles).map((title) => cutAtWord(oneLine(title), 160));
  const view = {
    subject,
    name,
    issueSubject: input.subject,
    plan: plan(input),
    titles,
    more: input.titles.length - titles.length,
    reviewUrl: input.reviewUrl,
  };
  return { subject, html: await renderEmail('review', view), text: renderText('review', view) };
}
