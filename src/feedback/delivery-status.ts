// Reads a delivery status report (RFC 3464): a group of fields for the message, then one for each recipient. Pure.
import { judgeDiagnostic, type JudgedReply } from './judge.js';

export type Action = 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded';

export interface RecipientStatus extends JudgedReply {
  address: string;
  action: Action;
  /** The words of the server. */
  diagnostic: string;
}

type Fields = ReadonlyMap<string, string>;

const actions: readonly Action[] = ['failed', 'delayed', 'delivered', 'relayed', 'expanded'];

/** The recipients of a report. `isWarning`: the mail around it says that the delivery goes on. */
export function readDeliveryStatus(groups: readonly Fields[], isWarning: boolean): RecipientStatus[] {
  return groups.filter(isRecipient).map((fields) => {
    const status = /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(fields.get('status') ?? '')?.[0];
    const diagnostic = diagnosticOf(fields);
    const judged = judgeDiagnostic({ text: diagnostic, status });
    return {
      ...judged,
      address: addressOf(fields),
      action: actionOf(fields.get('action'), status, isWarning),
      diagnostic,
    };
  });
}

function isRecipient(fields: Fields): boolean {
  return ['final-recipient', 'original-recipient', 'action', 'status'].some((name) => fields.has(name));
}

function actionOf(said: string | undefined, status: string | undefined, isWarning: boolean): Action {
  const word = /[a-z]+/.exec((said ?? '').toLowerCase())?.[0];
  const known = actions.find((one) => one === word);
  if (known !== undefined) return known;
  if (status?.startsWith('2') === true) return 'delivered';
  return isWarning ? 'delayed' : 'failed';
}

/** "rfc822; <ada@example.org>" → "ada@example.org". The field of the original recipient is the one that we mailed. */
function addressOf(fields: Fields): string {
  for (const name of ['original-recipient', 'final-recipient', 'x-actual-recipient']) {
    const value = (fields.get(name) ?? '').replace(/^[^;@]*;/, '');
    const found = /[^\s<>()"']+@[^\s<>()"',;]+/.exec(value)?.[0];
    if (found !== undefined) return found.toLowerCase();
  }
  return '';
}

/** Without its type: "smtp; 550 5.1.1 no such user" → "550 5.1.1 no such user". */
function diagnosticOf(fields: Fields): string {
  const value =
    fields.get('diagnostic-code') ?? fields.get('x-notes') ?? fields.get('x-supplementary-info') ?? '';
  return value
    .replace(/^[\w-]+[ \t]*;/, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
