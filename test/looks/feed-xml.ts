// RSS documents as real sites write them.

export interface Item {
  title?: string;
  slug: string;
  author?: string;
  summary?: string;
  html?: string;
  /** Elements as they stand in the item. */
  raw?: string;
  topics?: string[];
}

export interface SiteFeed {
  /** The name of the site, and of its document: /NAME/feed.xml. */
  name: string;
  title: string;
  language: string;
  items: readonly Item[];
}

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const cdata = (text: string): string => `<![CDATA[${text}]]>`;

/** The elements that WordPress writes about an item's comments. */
export const comments = (link: string, count: number): string =>
  `<comments>${link}#comments</comments><wfw:commentRss>${link}/feed/</wfw:commentRss><slash:comments>${count}</slash:comments>`;

/** `site`: its address. Its pictures are on the loopback site. */
function itemXml(
  { title, slug, author, summary, html, raw = '', topics = [] }: Item,
  site: string,
  pictures: string,
): string {
  const link = `${site}/${slug}`;
  const placed = (text: string): string =>
    text.replaceAll('SITE/pictures', pictures).replaceAll('LINK', link).replaceAll('SITE', site);
  return `<item>
${title === undefined ? '' : `<title>${escape(title)}</title>`}
<link>${escape(link)}</link><guid isPermaLink="true">${escape(link)}</guid>
${author === undefined ? '' : `<dc:creator>${cdata(author)}</dc:creator>`}
<pubDate>Mon, 23 Nov 2026 05:00:00 +0000</pubDate>
${topics.map((topic) => `<category>${cdata(topic)}</category>`).join('')}
${summary === undefined ? '' : `<description>${cdata(placed(summary))}</description>`}
${html === undefined ? '' : `<content:encoded>${cdata(placed(html))}</content:encoded>`}
${placed(raw)}
</item>`;
}

/** `origin`: of the loopback site that serves the document. */
export function feedXml({ name, title, language, items }: SiteFeed, origin: string): string {
  const site = `https://${name}.example`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wfw="http://wellformedweb.org/CommentAPI/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"
 xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>${escape(title)}</title><link>${site}/</link><description>${escape(title)}</description><language>${language}</language>
${items.map((item) => itemXml(item, site, `${origin}/${name}/pictures`)).join('\n')}
</channel></rss>`;
}
