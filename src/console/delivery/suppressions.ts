// Suppressed addresses: finding one, why it gets no mail, and allowing mail again.
import type { Request, Response } from 'express';
import { recordAudit } from '../../accounts/audit.js';
import type { MessageKey } from '../../languages/messages.js';
import { parseAddress } from '../../subscribers/address.js';
import {
  addSuppression,
  isForGood,
  latestSuppressions,
  liftSuppression,
} from '../../subscribers/suppressions.js';
import type { ConsoleDeps } from '../deps.js';
import { evidenceInWords } from './evidence.js';
import { formField, queryField } from '../form-field.js';
import { redirectWith, sendPage, translatorOf } from '../page.js';
import { actorOf } from '../session.js';

const shown = 50;
const path = '/console/delivery/suppressions';

const reasons: Readonly<Record<string, MessageKey>> = {
  manual: 'delivery.reasonManual',
  bounce: 'delivery.reasonBounce',
  complaint: 'delivery.reasonComplaint',
  erasure: 'delivery.reasonErasure',
  imported: 'delivery.reasonImported',
};

const reasonKey = (reason: string): MessageKey =>
  Object.hasOwn(reasons, reason) ? (reasons[reason] ?? 'delivery.reasonManual') : 'delivery.reasonManual';

/** An address that was typed and cannot be one. */
interface Refused {
  address: string;
  note: string;
  why: string;
}

export async function showSuppressions(
  deps: ConsoleDeps,
  req: Request,
  res: Response,
  refused?: Refused,
): Promise<void> {
  const words = translatorOf(res);
  const { t } = words;
  const [email, cursor] = [queryField(req, 'email').slice(0, 320), queryField(req, 'cursor')];
  const reason = Object.keys(reasons).find((one) => one === queryField(req, 'reason'));
  const { data, nextCursor } = await latestSuppressions(deps, {
    email: email || undefined,
    reason,
    cursor,
    limit: shown,
  });
  const link = (query: Record<string, string>): string => {
    const given = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''));
    return given.size === 0 ? path : `${path}?${given.toString()}`;
  };
  const view = {
    tab: 'suppressions',
    refused,
    email,
    reason,
    isFiltered: email !== '' || reason !== undefined,
    reasons: ['', ...Object.keys(reasons)].map((one) => ({
      label: one === '' ? t('delivery.allReasons') : t(reasonKey(one)),
      to: link({ reason: one }),
      current: one === (reason ?? ''),
    })),
    suppressions: data.map((one) => ({
      ...one,
      ...evidenceInWords(one, words),
      why: t(reasonKey(one.reason)),
      needsNote: isForGood(one.reason),
      to: `${path}/${one.id}/lift`,
    })),
    next: nextCursor && link({ email, reason: reason ?? '', cursor: nextCursor }),
  };
  sendPage(res, 'suppressions', view, { status: refused ? 422 : 200 });
}

/** For an address that need not be a reader's. The caller has checked that an owner asks. */
export async function suppress(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const [address, note] = [formField(req, 'address'), formField(req, 'note').slice(0, 1000)];
  const parsed = parseAddress(address);
  if (!parsed.ok) {
    const why = translatorOf(res).say(parsed.reason);
    return showSuppressions(deps, req, res, { address: address.slice(0, 320), note, why });
  }
  const added = await addSuppression(deps, { email: address, detail: note || undefined });
  if (added.ok)
    await recordAudit(deps, {
      actor: actorOf(res),
      action: 'suppression.add',
      subject: `suppression:${added.suppression.id}`,
    });
  redirectWith(res, path, 'reader-suppressed');
}

const outcomes = {
  lifted: 'suppression-lifted-here',
  'not-found': 'suppression-gone',
  'owner-only': 'suppression-stays',
  'note-missing': 'suppression-stays',
} as const;

/** The caller has checked that an owner asks. */
export async function lift(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const id = String(req.params['id']);
  const note = formField(req, 'note').slice(0, 1000);
  const result = await liftSuppression(deps, { id, isOwner: true, note });
  if (result === 'lifted')
    await recordAudit(deps, {
      actor: actorOf(res),
      action: 'suppression.remove',
      subject: `suppression:${id}`,
      detail: note ? { note } : undefined,
    });
  redirectWith(res, path, outcomes[result]);
}
