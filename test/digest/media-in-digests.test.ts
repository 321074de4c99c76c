// Podcasts and videos in a digest: a link in the reader's language, in each look and with each content.
import { leadingMedia } from '../../src/posts/media-links.js';
import { preparePost } from '../../src/posts/prepare-post.js';
import { renderDigest, type DigestPost } from '../../src/digest/render-digest.js';
import { digestPost } from '../../src/digest/render-variant.js';
import type { IncomingPost } from '../../src/posts/incoming.js';
import { input, withTemplate } from './sample.js';

const made = (post: IncomingPost): DigestPost => digestPost({ ...preparePost(post), pinned: false }, null);

const podcast = made({
  title: '214: The tape',
  url: 'https://pod.example/214',
  html: '<p>We talk about tape.</p>',
  media: { url: 'https://cdn.pod.example/214.mp3', type: 'audio/mpeg', seconds: 4364 },
});
const video = made({
  title: 'Video only',
  url: 'https://blog.example/video',
  html: '<iframe src="https://www.youtube.com/embed/dQw4w9WgXcQ"></iframe>',
});

const looks = ['magazine', 'letter', 'headlines'] as const;
const contents = ['full', 'excerpt', 'headlines'] as const;
const each = looks.flatMap((look) => contents.map((content) => [look, content] as const));

test.each(each)('%s, %s: the episode and the video are links', async (look, content) => {
  const { html, text } = await renderDigest(
    input({ newsletter: withTemplate(look, { content }), posts: [podcast, video], more: 0 }),
  );
  expect(html).toMatch(
    /<a [^>]*href="https:\/\/cdn\.pod\.example\/214\.mp3"[^>]*>Listen \(1 h 13 min\)<\/a>/,
  );
  expect(html).toMatch(
    /<a [^>]*href="https:\/\/www\.youtube\.com\/watch\?v=dQw4w9WgXcQ"[^>]*>Watch on youtube\.com<\/a>/,
  );
  expect(html.match(/Watch on youtube/g)).toHaveLength(1);
  expect(html).not.toContain('data-digest');
  expect(html).not.toContain('▶');
  expect(html.includes('https://i.ytimg.com/vi/dQw4w9WgXcQ/hqdefault.jpg')).toBe(content !== 'headlines');
  expect(text).toContain('Listen (1 h 13 min)');
  expect(text).toContain('https://cdn.pod.example/214.mp3');
  expect(text).toContain('https://www.youtube.com/watch?v=dQw4w9WgXcQ');
});

test.each([
  ['en', 'Listen (1 h 13 min)', 'Watch on youtube.com'],
  ['de', 'Anhören (1 Std. 13 Min.)', 'Auf youtube.com ansehen'],
  ['fr', 'Écouter (1 h 13 min)', 'Regarder sur youtube.com'],
  ['es', 'Escuchar (1 h 13 min)', 'Ver en youtube.com'],
  ['he', 'להאזנה (1 שע׳ 13 דק׳)', 'לצפייה ב־\u2068youtube.com\u2069'],
  ['ar', 'استماع (1 س 13 د)', 'المشاهدة على \u2068youtube.com\u2069'],
])('in %s', async (language, listen, watch) => {
  for (const content of ['full', 'excerpt'] as const) {
    const { text } = await renderDigest(
      input({ newsletter: withTemplate('letter', { content }), posts: [podcast, video], language }),
    );
    expect(text).toContain(listen);
    expect(text).toContain(watch);
  }
});

test.each([
  [20, '1 min'],
  [2700, '45 min'],
  [3590, '1 h'],
  [7200, '2 h'],
])('%i seconds are %s', async (seconds, words) => {
  const episode = made({ title: 'x', media: { url: 'https://a.example/1.mp3', seconds } });
  const { text } = await renderDigest(input({ posts: [episode] }));
  expect(text).toContain(`Listen (${words})`);
});

test('an excerpt shows a video that the post begins with, not one further down', () => {
  const tube = '<iframe src="https://youtu.be/dQw4w9WgXcQ"></iframe>';
  const lead = (html: string) => leadingMedia(preparePost({ title: 'x', html }).html, true)?.kind;
  expect(lead(`${tube}<p>Words.</p>`)).toBe('video');
  expect(lead(`<p>Words.</p>${tube}`)).toBeUndefined();
  expect(lead('<iframe src="https://maps.example/"></iframe><p>Words.</p>')).toBeUndefined();
});
