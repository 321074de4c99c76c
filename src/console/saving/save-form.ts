// Saves what a form of the console changes. Every such form takes these steps:
//
// 1. Refuse: a form with a wrong value comes back, with the problem beside its field (422).
// 2. Save, unless someone else has changed a value of the form since it was made. Then the form comes back with what was
//    typed and what changed meanwhile (409); sent again, it replaces that.
// 3. Tell the audit log who did it.
// 4. Redirect, so that Back and Reload do not save again (RFC 9110 section 15.4.4).
import type { Request, Response } from 'express';
import { recordAudit } from '../../accounts/audit.js';
import type { AuditAction } from '../../accounts/audit-actions.js';
import type { Newsletter } from '../../newsletters/schema.js';
import { updateNewsletter, type UpdateNewsletterResult } from '../../newsletters/update-newsletter.js';
import type { ConsoleDeps } from '../deps.js';
import { fieldsChangedSince, sentMadeFrom, type FieldChange, type Form } from '../newsletter-form.js';
import type { Notice } from '../notices/notices.js';
import { redirectWith, sendMessage, translatorOf } from '../page.js';
import { actorOf } from '../session.js';

/** How a form comes back to the person who sent it. */
export interface Again<Sent, Stored, Field extends string> {
  status: 409 | 422;
  /** What was typed, and the problems. */
  form: Sent;
  /** What is stored now. */
  stored: Stored;
  /** What someone else has changed since the form was made. */
  changed: readonly FieldChange<Field>[];
  /** Of a refused form: what it was made from. Undefined: the form is made from `stored`. */
  madeFrom: string | undefined;
}

type Saved<Result> = Extract<Result, { ok: true }>;
type Refused<Result> = Extract<Result, { ok: false }>;

interface Saving<Sent, Stored, Field extends string, Result> {
  form: Sent;
  stored: Stored;
  /** The values of the form's fields. The form is stale if one of them has changed since it was made. */
  typedOf: (stored: Stored) => Readonly<Record<Field, string>>;
  /** Saves, unless `isStale` says of what is stored, under the lock, that someone else changed it. */
  save: (patch: NonNullable<PatchOf<Sent>>, isStale: (current: Stored) => boolean) => Promise<Result>;
  sendAgain: (again: Again<Sent, Stored, Field>) => void | Promise<void>;
  /** The form with a problem that only storing has found. Undefined: the message says that nothing was saved. */
  problemOf?: (refused: Refused<Result>) => Sent | undefined;
  audit: { action: AuditAction; subject: string; detail?: object };
  /** The page that says that it is saved. */
  next: (saved: Saved<Result>) => [path: string, notice: Notice];
}

type PatchOf<Sent> = Sent extends { patch: infer Patch } ? Patch : never;

export async function saveForm<
  Sent extends { patch: unknown },
  Stored,
  Field extends string,
  Result extends { ok: true } | { ok: false; code: string },
>(
  deps: ConsoleDeps,
  { req, res }: { req: Request; res: Response },
  saving: Saving<Sent, Stored, Field, Result>,
): Promise<void> {
  const { form, sendAgain, audit } = saving;
  let latest = saving.stored;
  const changed = (): FieldChange<Field>[] => fieldsChangedSince(req.body, saving.typedOf(latest));
  const refuse = (wrong: Sent) =>
    sendAgain({
      status: 422,
      form: wrong,
      stored: latest,
      changed: [],
      madeFrom: sentMadeFrom(req.body),
    });
  const patch = form.patch as PatchOf<Sent>;
  if (patch === undefined || patch === null) return refuse(form);
  const saved = await saving.save(patch, (current) => {
    latest = current;
    return changed().length > 0;
  });
  if (saved.ok) {
    await recordAudit(deps, { actor: actorOf(res), ...audit });
    return redirectWith(res, ...saving.next(saved as Saved<Result>));
  }
  if (saved.code === 'changed-meanwhile' && changed().length > 0)
    return sendAgain({ status: 409, form, stored: latest, changed: changed(), madeFrom: undefined });
  const wrong = saving.problemOf?.(saved as Refused<Result>);
  if (wrong !== undefined) return refuse(wrong);
  sendNotSaved(res);
}

/** What the form was about is gone, or was changed between two steps. */
export function sendNotSaved(res: Response): void {
  const { t } = translatorOf(res);
  sendMessage(res, 409, t('form.notSaved'), t('form.notSavedWhy'));
}

type SaveNewsletter<Sent, Field extends string> = Pick<
  Saving<Sent, Newsletter, Field, UpdateNewsletterResult>,
  'form' | 'typedOf' | 'sendAgain' | 'problemOf' | 'next'
>;

/** Saves a form of a newsletter's values. */
export const saveNewsletterForm = <Sent extends Pick<Form<string>, 'patch'>, Field extends string>(
  deps: ConsoleDeps,
  { newsletter, ...exchange }: { newsletter: Newsletter; req: Request; res: Response },
  form: SaveNewsletter<Sent, Field>,
): Promise<void> =>
  saveForm(deps, exchange, {
    ...form,
    stored: newsletter,
    save: (patch, isStale) => updateNewsletter(deps, { id: newsletter.id, patch, isStale }),
    audit: { action: 'newsletter.change', subject: `newsletter:${newsletter.id}` },
  });
