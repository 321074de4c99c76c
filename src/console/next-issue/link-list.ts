// The links behind their number: templates/console/link-list.hbs. Pure.
import type { Translator } from '../../languages/translate.js';
import type { LinksOfPost } from '../../links/links-in.js';
import { hostOf } from '../../text/words.js';

/** `reasons`: why a link does not work, by its address. Undefined: there are no links. */
export function linkListView(
  groups: readonly LinksOfPost[],
  reasons: ReadonlyMap<string, string>,
  { t }: Pick<Translator, 't'>,
): object | undefined {
  const count = groups.reduce((sum, { urls }) => sum + urls.length, 0);
  if (count === 0) return undefined;
  return {
    count,
    groups: groups.map(({ title, urls }) => ({
      title: title ?? t('next.linksElsewhere'),
      links: urls.map((url) => ({ url, host: hostOf(url), reason: reasons.get(url) })),
    })),
  };
}
