// A reader presses a button of the preferences page. Each change is recorded as consent.
//
// save: time, frequency, topics, form of the mail. The frequency "off" means leaving: the reader has
// withdrawn consent. Their choices stay in case they undo it.
// pause: nothing until a date; the first digest after it brings the posts of the pause.
// resume: ends a pause.
// rejoin: undoes a leaving within a week, without a new confirmation; rejoin-weekly also sets weekly mail.
// reason: says why they left, within that week.
// join, leave: another newsletter of this service.
// move: another address, once both ends have agreed (change-address.ts); stay withdraws that.
import type { Allowance, SubscribeLimits } from '../config/limits.js';
import type { Speak } from '../languages/translate.js';
import { dateAt, startOfDate } from '../newsletters/due.js';
import type { Enqueue } from '../queues.js';
import { askAddressChange, type AskedAddress } from './change-address.js';
import { readLeavingAnswer } from './leaving-reasons.js';
import { undoMs } from '../subscribers/time-limits.js';
import { joinOther, leaveOther } from './other-newsletters.js';
import {
  preferencesOf,
  subscriptionOf,
  type FoundPreferences,
  type Preferences,
  type PreferencesDeps,
} from './preferences.js';
import type { Secrets } from '../secrets.js';
import { savePreferences, type Change, type Saved } from './save-preferences.js';
import { withdrawAddressChanges } from './store-address.js';
import { upsertLeaving } from './store-leavings.js';
import { rejoinWording } from '../subscribers/wording.js';
import {
  endSubscription,
  lockSubscription,
  recordConsent,
  rejoinSubscription,
  selectSubscription,
  updatePreferences,
} from '../subscribers/subscriptions.js';

export type PreferencesAction =
  'save' | 'pause' | 'resume' | 'rejoin' | 'join' | 'leave' | 'move' | 'stay' | 'rejoin-weekly' | 'reason';

export interface ChangePreferencesInput {
  token: string;
  action: PreferencesAction;
  /**
   * The form's fields. save: frequency (daily, weekly, off), sendTime, weekday, timezone, topics, language,
   * plainText, tracking, and the version of the form (form-version.ts). pause: until (2026-12-03). join,
   * leave: newsletter (its slug). move: address. reason: reason and comment (leaving-reasons.ts).
   */
  fields: Readonly<Record<string, unknown>>;
  speak: Speak;
  ip?: string | undefined;
  userAgent?: string | undefined;
}

/** The outcome. `invalid` and `not-subscribed` changed nothing. */
export type PreferencesOutcome =
  | Saved
  | { outcome: 'paused' | 'resumed' | 'left' | 'rejoined' | 'not-subscribed' }
  | AskedAddress
  | { outcome: 'address-stays' | 'thanked' }
  | { outcome: 'no-reason' }
  | { outcome: 'joined-other' | 'left-other'; slug: string };

export type ChangedPreferences =
  | Extract<FoundPreferences, { state: 'unknown' | 'erased' }>
  | ({ state: 'found'; preferences: Preferences } & PreferencesOutcome);

export interface ChangePreferencesDeps extends PreferencesDeps {
  enqueue: Enqueue;
  subscribeLimits: Pick<SubscribeLimits, 'perAddress'>;
}

const maxPauseDays = 366;

export async function changePreferences(
  { db, secrets, now, enqueue, subscribeLimits: { perAddress } }: ChangePreferencesDeps,
  input: ChangePreferencesInput,
): Promise<ChangedPreferences> {
  const subscriptionId = subscriptionOf(secrets, input.token);
  if (subscriptionId === undefined) return { state: 'unknown' };
  const changed = await db.transaction<ChangedPreferences>(async (tx) => {
    const at = now();
    const before = await preferencesOf(tx, await lockSubscription(tx, subscriptionId), at);
    if (!before) return { state: 'erased' };
    const { ip, userAgent, fields, action, speak } = input;
    const words = speak({ stored: before.language, newsletter: before.newsletter.language });
    const recorded = { at, via: 'page', ip, userAgent } as const;
    const record: Change['record'] = (consent) =>
      recordConsent(tx, { subscriptionId: before.subscriptionId, ...recorded, ...consent });
    const outcome = await act({ tx, before, fields, at, words, record }, action, {
      recorded,
      secrets,
      perAddress,
    });
    const after = await preferencesOf(tx, await selectSubscription(tx, subscriptionId), at);
    return { state: 'found', preferences: after ?? before, ...outcome };
  });
  if (changed.state === 'found' && changed.outcome === 'address-asked')
    await enqueue('subscriptions', { kind: 'address', changeId: changed.changeId });
  return changed;
}

interface Context {
  recorded: Parameters<typeof joinOther>[1]['recorded'];
  secrets: Secrets;
  perAddress: readonly Allowance[];
}

async function act(change: Change, action: PreferencesAction, context: Context): Promise<PreferencesOutcome> {
  const { tx, before, fields, at } = change;
  if (action === 'rejoin' || action === 'rejoin-weekly')
    return before.status === 'active' ? { outcome: 'unchanged' } : undo(change, action);
  if (action === 'reason') return tellReason(change);
  if (before.status !== 'active' && before.status !== 'suppressed') return { outcome: 'not-subscribed' };
  switch (action) {
    case 'save':
      return fields['frequency'] === 'off' ? leave(change) : savePreferences(change);
    case 'pause':
      return pause(change);
    case 'resume':
      return resume(change);
    case 'join':
    case 'leave':
      return changeOther(change, action, context);
    case 'move':
      return askAddressChange(tx, { ...context, before, text: fields['address'], at, words: change.words });
    case 'stay':
      await withdrawAddressChanges(tx, before.subscriberId, at);
      return { outcome: 'address-stays' };
  }
}

async function leave({ tx, before, at, record }: Change): Promise<PreferencesOutcome> {
  await endSubscription(tx, before.subscriptionId, at);
  await record({ event: 'unsubscribed' });
  return { outcome: 'left' };
}

async function pause({ tx, before, fields, at, record }: Change): Promise<PreferencesOutcome> {
  const { timezone } = before.time;
  const { until } = fields;
  const pausedUntil = typeof until === 'string' ? startOfDate(until, timezone) : undefined;
  const latest = startOfDate(dateAt(at, timezone, maxPauseDays), timezone);
  if (!pausedUntil || !latest || pausedUntil <= at || pausedUntil > latest)
    return { outcome: 'invalid', reason: { key: 'errors.pauseDate' } };
  await updatePreferences(tx, before.subscriptionId, { pausedUntil });
  await record({ event: 'changed', detail: { pausedUntil } });
  return { outcome: 'paused' };
}

async function resume({ tx, before, record }: Change): Promise<PreferencesOutcome> {
  if (before.pausedUntil === null) return { outcome: 'unchanged' };
  await updatePreferences(tx, before.subscriptionId, { pausedUntil: null });
  await record({ event: 'changed', detail: { pausedUntil: null } });
  return { outcome: 'resumed' };
}

async function undo(change: Change, action: 'rejoin' | 'rejoin-weekly'): Promise<PreferencesOutcome> {
  const { tx, before, at, words, record } = change;
  const { subscriptionId, newsletter } = before;
  if (!before.undoable || !(await rejoinSubscription(tx, subscriptionId, new Date(at.getTime() - undoMs))))
    return { outcome: 'not-subscribed' };
  const { text, version, language } = rejoinWording(newsletter.name, words);
  const detail = { undone: 'unsubscribed', wordingVersion: version };
  await record({ event: 'confirmed', wording: text, language, detail });
  if (action === 'rejoin-weekly') await savePreferences({ ...change, fields: { frequency: 'weekly' } });
  return { outcome: 'rejoined' };
}

async function tellReason({ tx, before, fields, at }: Change): Promise<PreferencesOutcome> {
  const { subscriptionId, newsletter, leftAt, undoable } = before;
  if (leftAt === null || !undoable) return { outcome: 'not-subscribed' };
  const answer = readLeavingAnswer(fields);
  if (!answer) return { outcome: 'no-reason' };
  const leaving = { subscriptionId, newsletterId: newsletter.id, unsubscribedAt: leftAt, at };
  await upsertLeaving(tx, { ...leaving, ...answer });
  return { outcome: 'thanked' };
}

async function changeOther(
  { tx, before, fields, words }: Change,
  action: 'join' | 'leave',
  { recorded }: Context,
): Promise<PreferencesOutcome> {
  const { newsletter: onPageOf, subscriberId } = before;
  const found = before.others.find(({ newsletter }) => newsletter.slug === fields['newsletter']);
  if (!found) return { outcome: 'invalid', reason: { key: 'errors.unknownNewsletter' } };
  const { newsletter: other, subscriptionId } = found;
  const { slug } = other;
  if (action === 'join')
    return (await joinOther(tx, { other, subscriberId, onPageOf, words, recorded }))
      ? { outcome: 'joined-other', slug }
      : { outcome: 'unchanged' };
  const left = subscriptionId && (await leaveOther(tx, { subscriptionId, onPageOf, recorded }));
  return left ? { outcome: 'left-other', slug } : { outcome: 'unchanged' };
}
