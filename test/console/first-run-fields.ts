// The form of the first run, as a browser would send it.
import type { Page, Visitor } from './browser-session.js';

export const unescape = (text: string): string =>
  text.replaceAll('&quot;', '"').replaceAll('&#x3D;', '=').replaceAll('&#x27;', "'").replaceAll('&amp;', '&');

/** The values that a browser would send for the form of this page. */
export function fieldsOf({ text }: Page): Record<string, string> {
  const form = /<form[^>]*data-first-run[^]*?<\/form>/.exec(text)?.[0] ?? '';
  const value = (tag: string, name: string) =>
    unescape(new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? '');
  const inputs = [...form.matchAll(/<input[^>]*>/g)]
    .map(([tag]) => tag)
    .filter((tag) => !tag.includes('checkbox') || / checked/.test(tag));
  const selects = [...form.matchAll(/<select[^>]* name="([^"]+)"[^]*?<\/select>/g)].map(
    ([select, name = '']) => [name, unescape(/<option value="([^"]*)" selected/.exec(select)?.[1] ?? '')],
  );
  const named = inputs.map((tag) => [value(tag, 'name'), value(tag, 'value')]);
  return Object.fromEntries([...named, ...selects].filter(([name]) => name)) as Record<string, string>;
}

/** Presses a button of the first run. After a step, the page is the one that the redirect leads to. */
export async function press(who: Visitor, fields: Parameters<Visitor['post']>[1]): Promise<Page> {
  const answer = await who.post('/console/first-run', fields);
  if (answer.status !== 303 || !answer.location?.startsWith('/console/first-run?run=')) return answer;
  return who.get(answer.location.replace(/#.*/, ''));
}
