// A form that edits what is stored carries what it was made from, so that it cannot replace a change that its sender has
// not seen. The first test reads every template, the second every page.
import { readdirSync, readFileSync } from 'node:fs';
import { useDatabase } from '../support/fixture.js';
import { useEveryRoute } from '../support/every-route.js';

const database = useDatabase();
const every = useEveryRoute(database);
const templates = new URL('../../../templates/console/', import.meta.url);

const because = {
  act: 'the button says what happens, whatever was changed meanwhile',
  new: 'adds something new, and replaces nothing',
  seen: 'the page before it was made for this step alone, and the step finds a change itself',
  own: 'asks for a secret of the person who sends it',
  read: 'asks another server or shows a page, and changes nothing that people edit',
};

/** Forms without a version, by template and action, and why. */
const exceptions: Record<string, string> = {
  'act.hbs {{to}}': because.act,
  'cancel.hbs /console/issues/{{issue.id}}/cancel': because.act,
  'delete.hbs /console/newsletters/{{newsletter.slug}}/delete': because.act,
  'delivery-dns.hbs /console/delivery/dns': because.read,
  'delivery.hbs /console/delivery/test': because.read,
  'feed-new.hbs /console/newsletters/{{newsletter.slug}}/feeds/discover': because.read,
  'feed-new.hbs /console/newsletters/{{../newsletter.slug}}/feeds': because.new,
  'feed.hbs /console/newsletters/{{newsletter.slug}}/feeds/{{feed.id}}/{{#if isStopped}}resume{{else}}stop{{/if}}':
    because.act,
  'feed.hbs /console/newsletters/{{newsletter.slug}}/feeds/{{feed.id}}/remove': because.act,
  'first-run.hbs /console/first-run': because.new,
  'forgotten.hbs /console/forgotten': because.own,
  'form.hbs /console/newsletters/{{newsletter.slug}}/form/domains': because.act,
  'ghost.hbs /console/integrations/ghost': because.act,
  'ghost.hbs /console/integrations/ghost/{{id}}/remove': because.act,
  'held.hbs {{base}}/known': because.act,
  'held.hbs {{base}}/release': because.act,
  'import-undo.hbs {{page}}/undo': because.act,
  'import.hbs {{page}}/run': because.seen,
  'imports.hbs /console/newsletters/{{newsletter.slug}}/imports?dryRun=true': because.new,
  'integrations.hbs /console/integrations': because.new,
  'integrations.hbs /console/integrations/{{id}}/revoke': because.act,
  'issue-problem.hbs {{home}}/problems': because.act,
  'layout.hbs /console/sign-out': because.act,
  'look.hbs {{base}}/templates': because.new,
  'passkey.hbs {{action}}': because.own,
  'password-link.hbs /console/password/{{token}}': because.own,
  'post-new.hbs {{base}}': because.new,
  'posts.hbs {{@root.base}}/{{id}}': because.act,
  'profile.hbs /console/profile/password': because.own,
  'profile.hbs /console/profile/sessions': because.act,
  'profile.hbs /console/profile/language': 'one value of the person themself, shown on this page alone',
  'prove.hbs /console/prove': because.own,
  'question.hbs {{to}}/remove': because.act,
  'reader-erase.hbs /console/subscribers/{{reader.id}}/erase': because.act,
  'reader-new.hbs /console/newsletters/{{newsletter.slug}}/readers': because.new,
  'readers-selected.hbs /console{{path}}': because.seen,
  'resume.hbs {{home}}/resume': because.act,
  'second-factor.hbs /console/profile/second-factor/done': because.own,
  'second-factor.hbs /console/profile/second-factor/codes': because.own,
  'second-factor.hbs /console/profile/second-factor/passkey/remove': because.own,
  'second-factor.hbs /console/profile/second-factor/confirm': because.own,
  'second-factor.hbs /console/profile/second-factor/start': because.own,
  'second-factor.hbs /console/profile/second-factor/off': because.own,
  'sending-ask.hbs {{action}}': because.act,
  'sending.hbs /console/sending/release': because.act,
  'settings.hbs /console/newsletters/{{newsletter.slug}}/settings/listing': because.act,
  'sign-in-code.hbs /console/sign-in/code': because.own,
  'sign-in.hbs /console/sign-in': because.own,
  'subscriber.hbs /console/subscribers/{{subscriber.id}}/lift': because.act,
  'subscriber.hbs /console/subscribers/{{@root.subscriber.id}}/unsubscribe': because.act,
  'subscriber.hbs /console/subscribers/{{subscriber.id}}/suppress': because.act,
  'suppressions.hbs /console/delivery/suppressions': because.new,
  'suppressions.hbs {{to}}': because.act,
  'team-account.hbs /console/team/{{about.id}}/link': because.act,
  'team-account.hbs /console/team/{{about.id}}/second-factor': because.act,
  'team-remove.hbs /console/team/{{about.id}}/remove': because.act,
  'team.hbs /console/team': because.new,
  'webhook.hbs /console/integrations/webhooks/{{about.id}}/{{#if about.enabled}}off{{else}}on{{/if}}':
    because.act,
  'webhook.hbs /console/integrations/webhooks/{{about.id}}/delete': because.act,
  'webhook.hbs /console/integrations/webhooks/{{../about.id}}/deliveries/{{id}}/resend': because.act,
  'webhooks.hbs /console/integrations/webhooks': because.new,
};

const postForms = (html: string): string[] =>
  [...html.matchAll(/<form[^>]*method="post".*?<\/form>/gs)].map(([form]) => form);
const actionOf = (form: string): string => /action="((?:\{\{.*?\}\}|[^"])*)"/.exec(form)?.[1] ?? '';

test('every form of every template carries its version, or has a reason', () => {
  const found = readdirSync(templates)
    .filter((name) => name.endsWith('.hbs'))
    .flatMap((name) =>
      postForms(readFileSync(new URL(name, templates), 'utf8')).map((form) => ({
        key: `${name} ${actionOf(form)}`,
        carries: form.includes(' name="madeFrom"'),
      })),
    );
  expect(found.filter(({ carries }) => carries).length).toBeGreaterThan(10);
  const without = new Set(found.filter(({ carries }) => !carries).map(({ key }) => key));
  expect([...without].toSorted()).toEqual(Object.keys(exceptions).toSorted());
});

/** Forms whose fields begin with a proposal, not with what is stored. */
const proposals: Record<string, string> = {
  '/console/profile/language': 'one value of the person themself',
  '/console/team': 'a new account: the usual role',
  '/console/integrations': 'a new key: the usual scope and expiry',
  '/console/new-newsletter': 'a new newsletter: the usual settings',
  '/console/delivery/suppressions': 'a new entry',
  '/console/newsletters/open/form/questions': 'a new question: the usual kind',
  '/console/newsletters/open/imports?dryRun=true': 'a new import: the usual status',
};

/** True: a field that a person can change begins with a value. */
const showsValues = (form: string): boolean =>
  /<option[^>]* selected|<input(?![^>]*type="hidden")[^>]* (?:value="[^"]+"(?![^>]*type="(?:radio|checkbox)")|checked)|<textarea[^>]*>\s*[^<\s]/s.test(
    form.replaceAll(/<input[^>]*type="(?:radio|checkbox)"[^>]*>/g, (box) =>
      box.includes(' checked') ? '<input checked>' : '',
    ),
  );

test('on every page, a form that shows stored values carries what they were', async () => {
  const cookie = await every.cookieOf('owner');
  const bare: string[] = [];
  let carrying = 0;
  for (const path of every.declared.filter((one) => one.startsWith('/console'))) {
    const filled = every.fill(path);
    if (filled === undefined) continue;
    const answer = await fetch(every.app.url + filled, { headers: { cookie }, redirect: 'manual' });
    // A stream of news about an issue does not end by itself.
    if (!answer.headers.get('content-type')?.startsWith('text/html')) {
      await answer.body?.cancel();
      continue;
    }
    const html = await answer.text();
    for (const form of postForms(html)) {
      const version = / name="madeFrom" value="([^"]*)"/.exec(form)?.[1];
      if (version) carrying += 1;
      else if (version === '' || (showsValues(form) && !Object.hasOwn(proposals, actionOf(form))))
        bare.push(`${path}: ${actionOf(form)}`);
    }
  }
  expect(bare).toEqual([]);
  expect(carrying).toBeGreaterThan(8);
});
