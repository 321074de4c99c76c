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

function itemXml({ title, slug, author, summary, html, raw = '', topics = [] }: Item, site: string): string {
  const link = `${site}/${slug}`;
  return `<item>
${title === undefined ? '' : `<title>${escape(title)}</title>`}
<link>${escape(link)}</link><guid isPermaLink="true">${escape(link)}</guid>
${author === undefined ? '' : `<dc:creator>${cdata(author)}</dc:creator>`}
<pubDate>Mon, 23 Nov 2026 05:00:00 +0000</pubDate>
${topics.map((topic) => `<category>${cdata(topic)}</category>`).join('')}
${summary === undefined ? '' : `<description>${cdata(summary)}</description>`}
${html === undefined ? '' : `<content:encoded>${cdata(html.replaceAll('SITE', site))}</content:encoded>`}
${raw.replaceAll('LINK', link).replaceAll('SITE', site)}
</item>`;
}

/** `origin`: of the loopback site that serves the document. */
export function feedXml({ name, title, language, items }: SiteFeed, origin: string): string {
  const site = `${origin}/${name}`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wfw="http://wellformedweb.org/CommentAPI/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"
 xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>${escape(title)}</title><link>${site}/</link><description>${escape(title)}</description><language>${language}</language>
${items.map((item) => itemXml(item, site)).join('\n')}
</channel></rss>`;
}
