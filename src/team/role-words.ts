// A role in words. Pure.
import type { Role } from '../accounts/permission.js';
import type { Translator } from '../languages/translate.js';

export function roleInWords(role: Role, { t }: Pick<Translator, 't'>): string {
  switch (role) {
    case 'owner':
      return t('team.owner');
    case 'editor':
      return t('team.editor');
    case 'viewer':
      return t('team.viewer');
  }
}
