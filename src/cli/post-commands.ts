// post list, post set: lists posts and sets whether they may go into an issue.
import { recordAudit } from '../accounts/audit.js';
import { listPosts } from '../posts/list-posts.js';
import { patchPost } from '../posts/patch-post.js';
import { choice, CommandError, flag, limitOption, UsageError, wholeNumber, type Command } from './command.js';
import { newsletterOption, theNewsletter, withContext } from './context.js';
import { table } from './output.js';

const settable = ['eligible', 'held', 'excluded'] as const;
const listed = [...settable, 'known'] as const;

const listCommand: Command = {
  name: 'post list',
  summary: "List a newsletter's posts, the newest first",
  options: {
    ...newsletterOption,
    state: { choices: listed, help: 'only posts in this state' },
    limit: limitOption,
  },
  async run(call) {
    const state = choice(call, 'state', listed);
    const limit = wholeNumber(call, 'limit') ?? 20;
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
  summary: 'Include, hold, exclude or pin a post',
  args: '<post>',
  options: {
    state: { choices: settable, help: 'eligible: goes into the next issue' },
    pin: { help: 'put the post first', conflicts: 'unpin' },
    unpin: { help: 'put the post back into the usual order' },
  },
  async run(call) {
    const [postId = ''] = call.args;
    const state = choice(call, 'state', settable);
    const [pin, unpin] = [flag(call, 'pin'), flag(call, 'unpin')];
    if (state === undefined && !pin && !unpin) throw new UsageError('Give --state, --pin or --unpin.');
    return withContext(async (context) => {
      const result = await patchPost(context, { postId, state, ...(pin || unpin ? { pinned: pin } : {}) });
      if (!result.ok) throw new CommandError('not-found', `There is no post ${postId}.`);
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
