// Expands the entities that a document declares as plain text: <!ENTITY site "The Quay">. No other declaration has
// an effect: an entity that contains entities may multiply, and an external one would read files. Pure.
import { cdata } from './sound-markup.js';

const declaration = /<!ENTITY\s+([a-z_][\w.-]{0,50})\s+(?:"([^"<>%]{0,1000})"|'([^'<>%]{0,1000})')\s*>/gi;
const predefined = 'lt|gt|amp|quot|apos';
// A value that contains "&" may only name characters.
const plainValue = new RegExp(`^(?:[^&]|&(?:${predefined}|#\\d{1,7}|#x[\\da-f]{1,6});)*$`, 'i');

const entitiesAtMost = 100;
/** Characters that expanding may add to a document. */
const growthAtMost = 200_000;

/** `prolog` is what stands before the document's root element. */
export function expandEntities(xml: string, prolog: string): string {
  const values = new Map<string, string>();
  for (const [, name = '', ...quoted] of prolog.matchAll(declaration)) {
    const value = quoted.find((text) => text !== undefined) ?? '';
    const isPlain = plainValue.test(value) && !new RegExp(`^(?:${predefined})$`).test(name);
    // XML 1.0 section 4.2: of two declarations, the first counts.
    if (isPlain && !values.has(name) && values.size < entitiesAtMost) values.set(name, value);
  }
  if (values.size === 0) return xml;
  let growth = 0;
  return xml.replaceAll(
    new RegExp(`${cdata}|&([a-z_][\\w.-]{0,50});`, 'gi'),
    (found, name: string | undefined) => {
      const value = values.get(name ?? '')?.replaceAll('"', '&quot;');
      if (value === undefined || growth + value.length > growthAtMost) return found;
      growth += value.length;
      return value;
    },
  );
}
