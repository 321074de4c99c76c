// Prepares a mail's template for MJML: {{> part}} becomes the part's text, and {{look.name}} the look's
// value. Handlebars fills the other braces after MJML has compiled. Pure.
import type { Message } from '../languages/messages.js';

export type MailSource = { ok: true; mjml: string } | { ok: false; problem: Message };

const part = /\{\{>\s*([\w-]+)\s*\}\}/g;
const value = /\{\{\s*look\.(\w+)\s*\}\}/g;
// Our parts nest two deep. A part that contains itself would never end.
const deepest = 4;

/**
 * Puts parts and the look's values into `source`. `partNamed` returns a part's text, or undefined if there is
 * none. `problem` is for the author of the template.
 */
export function mailSource(
  source: string,
  partNamed: (name: string) => string | undefined,
  values: Readonly<Record<string, string>>,
): MailSource {
  let mjml = source;
  for (let depth = 0; ; depth += 1) {
    const names = Array.from(mjml.matchAll(part), ([, name = '']) => name);
    if (names.length === 0) break;
    const unknown = names.find((name) => partNamed(name) === undefined);
    if (unknown !== undefined)
      return { ok: false, problem: { key: 'template.noPart', args: { name: unknown } } };
    if (depth === deepest) return { ok: false, problem: { key: 'template.endlessParts' } };
    mjml = mjml.replaceAll(part, (_, name: string) => partNamed(name) ?? '');
  }
  const missing = Array.from(mjml.matchAll(value), ([, name = '']) => name).find(
    (name) => !Object.hasOwn(values, name),
  );
  if (missing !== undefined)
    return { ok: false, problem: { key: 'template.missing', args: { code: `{{look.${missing}}}` } } };
  return { ok: true, mjml: mjml.replaceAll(value, (_, name: string) => values[name] ?? '') };
}
