// A mail's template before MJML compiles it: {{> part}} becomes the part's text, {{look.name}} the look's value. What is
// left in braces is filled in after the compilation, by Handlebars. Pure.

export type MailSource = { ok: true; mjml: string } | { ok: false; problem: string };

const part = /\{\{>\s*([\w-]+)\s*\}\}/g;
const value = /\{\{\s*look\.(\w+)\s*\}\}/g;
// Parts hold parts two deep; a part of its own making would have no end.
const deepest = 4;

/**
 * `source` with its parts and the look's values in place. `partNamed` gives a part's text, or undefined if there is none.
 * The problem is in words for who wrote the template.
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
    if (unknown !== undefined) return { ok: false, problem: `there is no part named "${unknown}"` };
    if (depth === deepest) return { ok: false, problem: 'its parts hold each other' };
    mjml = mjml.replaceAll(part, (_, name: string) => partNamed(name) ?? '');
  }
  const missing = Array.from(mjml.matchAll(value), ([, name = '']) => name).find(
    (name) => !Object.hasOwn(values, name),
  );
  if (missing !== undefined) return { ok: false, problem: `there is no {{look.${missing}}}` };
  return { ok: true, mjml: mjml.replaceAll(value, (_, name: string) => values[name] ?? '') };
}
