// newsletter ghost: what a publisher enters in Ghost, so that its webhooks push posts to a newsletter.
import { showGhostSecret } from '../../ghost/manage-secret.js';
import type { Command } from '../command.js';
import { newsletterOption, theNewsletter, withContext } from '../context.js';

export const ghostCommand: Command = {
  name: 'newsletter ghost',
  summary: 'Print the address and the secret of a webhook in Ghost',
  options: { ...newsletterOption },
  run: (call) =>
    withContext(async (context) => {
      const { id } = await theNewsletter(context.db, call);
      const { url, secret } = await showGhostSecret(context, id);
      call.out.result({ url, secret }, [`Target URL  ${url}`, `Secret      ${secret}`]);
      return 0;
    }),
};
