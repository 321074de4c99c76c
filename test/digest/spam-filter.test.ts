// SpamAssassin, as Debian ships it and with local rules only, scores a digest below 1.0, where 5.0 is spam.
// The score without the rules that favour a message counts too: a list header must not outweigh faults.
import { spawnSync } from 'node:child_process';
import { composeVariant, nobodysLinks, openLinks } from '../../src/delivery/message.js';
import { renderDigest } from '../../src/digest/render-digest.js';
import { openSecrets } from '../../src/secrets.js';
import type { TemplateName } from '../../src/newsletters/look.js';
import { temporaryFolder } from '../support/database.js';
import { input, posts, withTemplate } from './sample.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

const present = spawnSync('spamassassin', ['--version']).status === 0;
const links = openLinks(
  openSecrets('a secret key for tests, long enough for them'),
  'https://mail.harbourpost.example',
);

async function messageOf(template: TemplateName, content: 'excerpt' | 'full'): Promise<Buffer> {
  const { subject, html, text } = await renderDigest({
    ...input({
      newsletter: withTemplate(template, { content }),
      posts: posts.map((post) => ({ ...post, html: `<p>${post.excerptText ?? ''}</p>`.repeat(4) })),
    }),
    ...nobodysLinks(links),
  });
  const composed = await composeVariant(
    {
      issueId: '1',
      newsletterId: '2',
      slug: 'harbour',
      from: { name: 'The Harbour Post', address: 'digest@harbourpost.example' },
      replyTo: null,
      subject,
      html,
      text,
      date: new Date(),
    },
    links,
  );
  return composed.messageFor({ subscriberId: '1', subscriptionId: '1', address: 'reader@example.org' });
}

/** The rules that a message hits, with their points. */
function rulesOf(message: Buffer, home: string): { points: number; rule: string }[] {
  const { stdout, stderr } = spawnSync('spamassassin', ['--local', '--test-mode', '--prefspath=/dev/null'], {
    input: message,
    env: { ...process.env, HOME: home },
  });
  const [, report] = stdout.toString().split('Content analysis details:');
  if (report === undefined) throw new Error(`spamassassin: ${stderr.toString()}`);
  return [...report.matchAll(/^\s*(-?\d+\.\d+) (\w+)/gm)].map(([, points, rule = '']) => ({
    points: Number(points),
    rule,
  }));
}

(present ? describe : describe.skip)(present ? 'SpamAssassin' : 'SpamAssassin (it is not installed)', () => {
  test.each([
    ['magazine', 'excerpt'],
    ['headlines', 'excerpt'],
    ['letter', 'full'],
  ] as const)(
    'has nothing against %s with %s',
    async (template, content) => {
      const rules = rulesOf(await messageOf(template, content), await temporaryFolder());
      expect(rules.length).toBeGreaterThan(0);
      const against = rules.filter(({ points }) => points > 0);
      expect({ against, total: against.reduce((sum, { points }) => sum + points, 0) < 1 }).toEqual({
        against,
        total: true,
      });
    },
    60_000,
  );
});
