// newsletter archive: who can read issues on the web.
import { archiveUrl } from '../digest/issue-url.js';
import type { Newsletter } from '../newsletters/schema.js';
import { changeNewsletter } from './change-newsletter.js';
import { choice, type Command } from './command.js';
import { newsletterOption, theNewsletter, withContext } from './context.js';

function inWords({ name, slug, archive }: Newsletter, baseUrl: string): string {
  switch (archive) {
    case 'public':
      return `Anybody can read the issues of ${name} at ${archiveUrl(baseUrl, slug)}/issues.`;
    case 'subscribers':
      return `Readers of ${name} read its issues on the web, by the link in each mail; nobody else does.`;
    case 'none':
      return `The issues of ${name} are not on the web.`;
  }
}

const archiveCommand: Command = {
  name: 'newsletter archive',
  summary: 'Show who can read issues on the web, or change it',
  options: {
    ...newsletterOption,
    for: { value: 'public|subscribers|none', help: 'subscribers: with the link in their mail' },
  },
  async run(call) {
    const archive = choice(call, 'for', ['public', 'subscribers', 'none']);
    return withContext(async (context) => {
      let newsletter = await theNewsletter(context.db, call);
      if (archive !== undefined) newsletter = await changeNewsletter(context, newsletter.id, { archive });
      call.out.result({ archive: newsletter.archive }, [inWords(newsletter, context.baseUrl)]);
      return 0;
    });
  },
};

export const archiveCommands = [archiveCommand];
