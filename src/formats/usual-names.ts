// Gives the elements of a feed the names that the parsers know. Pure.
import { cdata } from './sound-markup.js';

// RSS 2.0 has no namespace, but programs give it one of these.
const rssNamespace = /backend\.userland\.com|(?:blogs\.law|cyber\.law|cyber)\.harvard\.edu|rssboard\.org/i;

/**
 * The document without the prefix of RSS or Atom: <r:rss xmlns:r="…"> becomes <rss xmlns:r="…">. The parsers know a
 * prefix only with the namespace of Atom or RSS 1.0.
 */
function withoutRootPrefix(xml: string): string {
  const [root = ''] = /^<[^<>]*>/.exec(xml) ?? [];
  const own = /^<([\w-]+):(?:rss|feed)[\s>/]/i.exec(root)?.[1];
  const declared = Array.from(root.matchAll(/\sxmlns:([\w-]+)\s*=\s*["']([^"']*)["']/gi))
    .filter(([, , namespace = '']) => rssNamespace.test(namespace))
    .map(([, prefix = '']) => prefix);
  const prefixes = [...new Set([...(own === undefined ? [] : [own]), ...declared])];
  if (prefixes.length === 0) return xml;
  return xml.replaceAll(
    new RegExp(`${cdata}|(</?)(?:${prefixes.join('|')}):(?=[a-z])`, 'gi'),
    (found, start: string | undefined) => start ?? found,
  );
}

const xhtml = 'http://www.w3.org/1999/xhtml';

/**
 * RSS in which each text in XHTML (<body xmlns="http://www.w3.org/1999/xhtml">) is a content:encoded element, which
 * the parsers read. An item that has one already keeps it.
 */
function withXhtmlAsContent(xml: string): string {
  if (!xml.includes(xhtml) || !/^<(?:[\w-]+:)?(?:rss|rdf)[\s>]/i.test(xml)) return xml;
  const prefixes = Array.from(xml.matchAll(/\sxmlns:([\w-]{1,50})\s*=\s*["']([^"']{0,200})["']/gi))
    .filter(([, , namespace]) => namespace === xhtml)
    .map(([, prefix = '']) => prefix);
  const prefixed = [...new Set(prefixes)].map((prefix) => `${prefix}:(?:body|div)(?=[\\s>])`);
  const names = [...prefixed, `(?:body|div)(?=\\s[^<>]*xmlns\\s*=\\s*["']${xhtml}["'])`].join('|');
  const text = new RegExp(`<(${names})[^<>]*>((?:(?!</?item[\\s>])[^])*)</\\1\\s*>`, 'gi');
  return xml.replaceAll(/<item(?:\s[^<>]*)?>(?:(?!<\/?item[\s>])[^])*<\/item\s*>/gi, (item) =>
    /<content:encoded[\s>]|<description[^<>]*>\s*<(?!!)/i.test(item)
      ? item
      : item.replace(text, (_, name: string, content: string) => {
          const [prefix, local] = name.includes(':') ? name.split(':') : [];
          const html =
            local === undefined ? content : content.replaceAll(new RegExp(`(</?)${prefix}:`, 'gi'), '$1');
          const escaped = html.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
          return `<content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/">${escaped}</content:encoded>`;
        }),
  );
}

export const withUsualNames = (xml: string): string => withXhtmlAsContent(withoutRootPrefix(xml));
