// Why a passkey was refused, in words and as a status. Pure.
import type { PasskeyRefusal } from '../../accounts/passkeys/use-passkey.js';
import type { MessageKey } from '../../languages/messages.js';

export const passkeyRefusals: Record<PasskeyRefusal['code'], { status: 401 | 429; key: MessageKey }> = {
  wrong: { status: 401, key: 'passkey.wrong' },
  copied: { status: 401, key: 'passkey.copied' },
  'too-many': { status: 429, key: 'factor.tooMany' },
};
