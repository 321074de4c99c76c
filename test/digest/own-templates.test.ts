// A publisher's MJML template: a valid one is stored and used, an invalid one is refused with the reason.
import { readFile } from 'node:fs/promises';
import { packageRoot } from '../../src/config/environment.js';
import { sizeInWords } from '../../src/console/size-words.js';
import { checkTemplate } from '../../src/digest/check-template.js';
import { renderDigest } from '../../src/digest/render-digest.js';
import { inEnglish } from '../../src/languages/translate.js';
import { defaultLook, type Look } from '../../src/newsletters/look.js';
import { input, posts, withTemplate } from './sample.js';

const problemsIn = async (mjml: string, look: Look) => (await checkTemplate(mjml, look)).map(inEnglish);

const mail = (column: string, head = '{{> head}}'): string =>
  `<mjml lang="{{language}}" dir="{{look.direction}}">${head}
<mj-body width="{{look.width}}px" background-color="{{look.page}}">{{> preheader}}
<mj-section><mj-column>
${column}
</mj-column></mj-section></mj-body></mjml>`;
const own = `<mj-text>{{date}}</mj-text>
<mj-raw>{{#each posts}}<tr><td class="mine"><h2>{{> title}}</h2>{{#if author}}<p>{{author}}</p>{{/if}}{{> words}}</td></tr>{{/each}}</mj-raw>
{{> footer}}`;

test.each([
  [
    'our parts',
    '{{> masthead}}{{> opening}}{{> contents}}{{> posts}}{{> more}}{{> closing}}{{> end}}{{> footer}}',
  ],
  ['our parts for a list', '{{> masthead-band}}{{> posts-compact}}{{> footer}}'],
  ['our parts for a letter', '{{> masthead-letter}}{{> contents-letter}}{{> posts-letter}}{{> footer}}'],
  ['posts of its own making', own],
])('a template with %s can be mailed', async (_, column) => {
  expect(await problemsIn(mail(column), defaultLook)).toEqual([]);
});

test('is used for readers, with its parts, colours and texts', async () => {
  const newsletter = {
    ...withTemplate('magazine'),
    look: { ...defaultLook, template: 'own' as const, version: 1 },
    mjml: mail(own),
  };
  const { html, text } = await renderDigest(input({ newsletter }));
  expect(html.match(/class="mine"/g)).toHaveLength(posts.length);
  expect(html).toContain(input().unsubscribeUrl);
  expect(html).toContain('Ferry timetable changes from Monday');
  expect(html).not.toMatch(/\{\{|<mj-/);
  expect(text).toContain('Ferry timetable changes from Monday');
});

test('a look whose template is missing uses our template', async () => {
  const newsletter = {
    ...withTemplate('magazine'),
    look: { ...defaultLook, template: 'own' as const, version: 7 },
  };
  expect((await renderDigest(input({ newsletter }))).html).toContain('In this issue');
});

const refusals: [string, string, RegExp][] = [
  ['a file', `<mj-include path="/etc/passwd" />${own}`, /mj-include/],
  ['a part that there is not', `{{> secrets}}${own}`, /no part named “secrets”/],
  ['a value that there is not', own.replace('{{date}}', '{{reader.address}}'), /no \{\{reader.address\}\}/],
  ['a colour that there is not', own.replace('{{date}}', '{{look.gold}}'), /no \{\{look.gold\}\}/],
  ['a helper that there is not', own.replace('{{date}}', '{{lookup posts 0}}'), /no \{\{lookup/],
  ['a partial of Handlebars', own.replace('{{date}}', '{{> (name)}}'), /no \{\{PartialStatement/],
  ['a block that is not closed', own.replace('{{/each}}', ''), /^line \d+: .*not closed/],
  ['blocks that cross', own.replace('{{/each}}', '{{/if}}'), /^line 5: each doesn't match if/],
  [
    'loops in loops',
    own.replace('{{author}}', '{{#each @root.posts}}{{#each @root.posts}}x{{/each}}{{/each}}'),
    /two deep/,
  ],
  ['words as they are', own.replace('{{author}}', '{{{author}}}'), /without escaping/],
  ['words as they are, by &', own.replace('{{author}}', '{{&author}}'), /without escaping/],
  [
    'no way out',
    own.replace('{{> footer}}', '<mj-text>{{#each addressLines}}{{this}}<br/>{{/each}}</mj-text>'),
    /unsubscribe/,
  ],
  [
    'a hidden way out',
    own.replace('{{> footer}}', '<mj-text><p style="display:none">{{> footer}}</p></mj-text>'),
    /./,
  ],
  [
    'no postal address',
    own.replace('{{> footer}}', '<mj-text><a href="{{href unsubscribeUrl}}">Leave</a></mj-text>'),
    /postal address/,
  ],
  ['no posts', '<mj-text>{{date}}</mj-text>{{> footer}}', /post 1 of four/],
  [
    'only the first post',
    own.replace('<h2>', '{{#if @first}}<h2>').replace('</h2>', '</h2>{{/if}}').replace('{{> words}}', ''),
    /post 2 of four/,
  ],
  ['a script', `<mj-raw><script>alert(1)</script></mj-raw>${own}`, /<script>/],
  ['a form', `<mj-raw><form action="https://x.example"></form></mj-raw>${own}`, /<form>/],
  ['a handler', `<mj-raw><p onclick="x()">a</p></mj-raw>${own}`, /on…=/],
  ['a script’s address', `<mj-text><a href="javascript:x()">a</a></mj-text>${own}`, /javascript:/],
  ['an image without alt', `<mj-raw><img src="https://x.example/a.png"></mj-raw>${own}`, /without alt/],
  ['words in a style', own.replace('class="mine"', 'style="color:{{title}}"'), /in a tag/],
  [
    'words in an attribute without quotes',
    own.replace('class="mine"', 'class={{title}}'),
    /in a tag|as text/,
  ],
  ['words as a tag', own.replace('<h2>', '<{{title}}>'), /tag|text/],
  ['unknown MJML', `<mj-marquee>a</mj-marquee>${own}`, /mj-marquee/],
  ['no MJML', 'Hello', /mj-column|Hello|unsubscribe/],
  ['too much', own + 'x'.repeat(100_001), /longer/],
  ['ballast', own.replace('{{date}}', 'x'.repeat(70_000)), /bytes/],
];

/** Our template with this block around its footer, so that an issue may have no footer. */
const footerIf = (block: string) =>
  own.replace(
    '{{> footer}}',
    `<mj-raw>{{#${block}}}</mj-raw>{{> footer}}<mj-raw>{{/${block.split(' ')[0]}}}</mj-raw>`,
  );

test.each(
  'more opening closing sponsor contents numbered siteUrl issueUrl moreUrl sentTo subscribeUrl logo foreign turned headlinesOnly'
    .split(' ')
    .flatMap((value) => [`if ${value}`, `unless ${value}`]),
)('a footer in {{#%s}} is refused: an issue may go without', async (block) => {
  const problems = await problemsIn(mail(footerIf(block)), defaultLook);
  expect(problems.join('\n')).toMatch(/unsubscribe[^]*postal address/);
});

test('a template that shows no post in an issue with one post is refused', async () => {
  const column = `<mj-raw>{{#if numbered}}</mj-raw>{{> posts}}<mj-raw>{{/if}}</mj-raw>{{> footer}}`;
  expect((await problemsIn(mail(column), defaultLook)).join('\n')).toMatch(/one post, the post has no link/);
});

test.each(['magazine', 'headlines', 'letter'])('our %s itself can be mailed', async (name) => {
  const source = await readFile(new URL(`templates/email/digest-${name}.mjml.hbs`, packageRoot), 'utf8');
  expect(await problemsIn(source, defaultLook)).toEqual([]);
});

test('a mail in which a template shows no way out goes out in our magazine, and says so', async () => {
  // As stored before templates were tried out on an issue like this.
  const newsletter = {
    ...withTemplate('magazine'),
    postalAddress: `Müller & Söhne's "Post" <GmbH>\nKai 4`,
    look: { ...defaultLook, template: 'own' as const, version: 1 },
    mjml: mail(footerIf('if more')),
  };
  const whole = await renderDigest(input({ newsletter, more: 2 }));
  expect(whole.dropped).not.toHaveProperty('ownTemplate');
  expect(whole.html).toContain('class="mine"');
  const alone = await renderDigest(input({ newsletter, posts: posts.slice(0, 1), more: 0 }));
  expect(alone.dropped.ownTemplate).toEqual(['unsubscribe', 'postal-address']);
  expect(alone.html).toContain(`href="${input().unsubscribeUrl}"`);
  expect(alone.html).toContain('Kai 4');
  expect(alone.html).not.toContain('class="mine"');
  expect(sizeInWords(alone)).toMatch(
    /our magazine template, because your own template lacks the unsubscribe link and lacks the postal address\.$/,
  );
});

test.each(refusals)('a template with %s is refused, with the reason', async (_, column, reason) => {
  const problems = await problemsIn(mail(column), defaultLook);
  expect(problems.join('\n')).toMatch(reason);
});

test('words in a style sheet are refused', async () => {
  const head =
    '<mj-head><mj-title>{{subject}}</mj-title><mj-style>.a { content: "{{name}}" }</mj-style></mj-head>';
  expect((await problemsIn(mail(own, head), defaultLook)).join('\n')).toMatch(/style sheet/);
});
