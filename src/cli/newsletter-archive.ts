// newsletter archive and newsletter listing: what of a newsletter is on the web, and for whom.
import { archiveUrl } from '../digest/issue-url.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { describeListing } from '../newsletters/listing.js';
import type { Newsletter } from '../newsletters/schema.js';
import { choice, type Command } from './command.js';
import { newsletterOption, theNewsletter, withContext } from './context.js';
import { changeNewsletter } from './newsletter-change.js';

export const audiences = ['public', 'subscribers', 'none'] as const;

function inWords({ name, slug, archive }: Newsletter, baseUrl: string): string {
  switch (archive) {
    case 'public':
      return `Everyone can read the issues of ${name} at ${archiveUrl(baseUrl, slug)}/issues.`;
    case 'subscribers':
      return `Only subscribers can read the issues of ${name} on the web, by the link in each mail.`;
    case 'none':
      return `The issues of ${name} are not on the web.`;
  }
}

export const archiveCommand: Command = {
  name: 'newsletter archive',
  summary: 'Show or change who can read issues on the web',
  options: {
    ...newsletterOption,
    for: { choices: audiences, help: 'who can read issues; subscribers use the link in their mail' },
  },
  async run(call) {
    const archive = choice(call, 'for', audiences);
    return withContext(async (context) => {
      let newsletter = await theNewsletter(context.db, call);
      if (archive !== undefined) newsletter = await changeNewsletter(context, newsletter.id, { archive });
      call.out.result({ archive: newsletter.archive }, [inWords(newsletter, context.baseUrl)]);
      return 0;
    });
  },
};

export const listingCommand: Command = {
  name: 'newsletter listing',
  summary: 'Show or change whether readers are offered the newsletter',
  options: {
    ...newsletterOption,
    offer: { choices: ['yes', 'no'], help: 'no: only people who know its address find its page' },
  },
  async run(call) {
    const offer = choice(call, 'offer', ['yes', 'no']);
    return withContext(async (context) => {
      const { id } = await theNewsletter(context.db, call);
      if (offer !== undefined) await changeNewsletter(context, id, { listed: offer === 'yes' });
      const newsletter = await getNewsletter(context.db, id);
      const { words } = await describeListing(context.db, { id });
      call.out.result({ listed: newsletter?.listed }, [words]);
      return 0;
    });
  },
};
