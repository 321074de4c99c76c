// The form of an account's role, and of the newsletters for which it has that role.
import type { NewsletterIds, Role } from '../../accounts/permission.js';
import type { Session } from '../../accounts/sign-in.js';
import type { Translator } from '../../languages/translate.js';
import { roleInWords } from '../../team/role-words.js';
import { fieldChangesInWords } from '../newsletter-form.js';
import type { Again } from '../saving/save-form.js';

type Account = Session['account'];
type RoleField = 'role' | 'newsletters';

export interface RoleForm {
  patch: { role: Role; newsletterIds: NewsletterIds };
  /** Why the role stays as it is. */
  wrong?: string;
}

export type RoleAgain = Again<RoleForm, Account, RoleField>;

export const roleTyped = ({ role, newsletterIds }: Account): Record<RoleField, string> => ({
  role,
  newsletters: newsletterIds === null ? 'all' : newsletterIds.toSorted().join(' '),
});

export function roleChanges(
  changed: RoleAgain['changed'],
  newsletters: readonly { id: string; name: string }[],
  words: Translator,
): string[] {
  const { t } = words;
  const namesOf = (ids: string): string =>
    newsletters
      .filter(({ id }) => ids.split(' ').includes(id))
      .map(({ name }) => name)
      .join(', ');
  return fieldChangesInWords(
    changed,
    {
      names: { role: t('team.role'), newsletters: t('team.covers') },
      inWords(field, value) {
        if (field === 'role') return roleInWords(value as Role, words);
        return value === 'all' ? t('team.coversAll') : namesOf(value);
      },
    },
    words,
  );
}
