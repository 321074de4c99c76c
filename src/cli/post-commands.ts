// post list, post set: what may go into an issue.
import { recordAudit } from '../accounts/audit.js';
import { listPosts } from '../posts/list-posts.js';
import { patchPost } from '../posts/patch-post.js';
import { choice, CommandError, flag, UsageError, wholeNumber, type Command } from './command.js';
import { newsletterOption, theNewsletter, withContext } from './context.js';
import { table } from './output.js';

const listCommand: Command = {
  name: 'post list',
  summary: "List a newsletter's posts, the last seen first",
  options: {
    ...newsletterOption,
    state: { value: 'eligible|held|excluded|known', help: 'those alone' },
    limit: { value: 'N', help: 'how many; 20 if not given' },
  },
  async run(call) {
    const state = choice(call, 'state', ['eligible', 'held', 'excluded', 'known']);
    const limit = wholeNumber(call, 'limit') ?? 20;
    if (limit < 1 || limit > 200) throw new UsageError('--limit wants 1 to 200');
    return withContext(async ({ db }) => {
      const newsletter = await theNewsletter(db, call);
      const { data } = await listPosts(db, { newsletterId: newsletter.id, state, limit });
      const rows = data.map((post) => [
        post.id,
        post.state,
        post.pinned ? 'pinned' : '',
        post.title,
        post.topics.join(', '),
      ]);
      call.out.result(
        { data },
        rows.length === 0 ? 'No posts.' : table([['id', 'state', '', 'title', 'topics'], ...rows]),
      );
      return 0;
    });
  },
};

const setCommand: Command = {
  name: 'post set',
  summary: 'Let a post in, hold it, leave it out, or have it stand first',
  args: { usage: 'POST', min: 1, max: 1 },
  options: {
    state: { value: 'eligible|held|excluded', help: 'eligible: in the next issue' },
    pin: { help: 'it stands first' },
    unpin: { help: 'it stands where its turn is' },
  },
  async run(call) {
    const [postId = ''] = call.args;
    const state = choice(call, 'state', ['eligible', 'held', 'excluded']);
    const [pin, unpin] = [flag(call, 'pin'), flag(call, 'unpin')];
    if (pin && unpin) throw new UsageError('--pin and --unpin are opposites');
    if (state === undefined && !pin && !unpin)
      throw new UsageError('one of --state, --pin and --unpin is needed');
    return withContext(async (context) => {
      const result = await patchPost(context, { postId, state, ...(pin || unpin ? { pinned: pin } : {}) });
      if (!result.ok) throw new CommandError('not-found', `there is no post ${postId}`);
      const { post } = result;
      await recordAudit(context, {
        actor: { kind: 'cli', role: 'owner' },
        action: 'post.change',
        subject: `post:${postId}`,
      });
      call.out.result(post, `"${post.title}" is ${post.state}${post.pinned ? ' and pinned' : ''}.`);
      return 0;
    });
  },
};

export const postCommands = [listCommand, setCommand];
