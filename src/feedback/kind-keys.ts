// What came back, as a message by kind. Pure.
import type { MessageKey } from '../languages/messages.js';
import type { FeedbackKind } from './read-mail.js';

export const kindKeys: Readonly<Record<FeedbackKind, MessageKey>> = {
  hard: 'delivery.kindHard',
  full: 'delivery.kindFull',
  unavailable: 'delivery.kindUnavailable',
  policy: 'delivery.kindPolicy',
  content: 'delivery.kindContent',
  size: 'delivery.kindSize',
  auth: 'delivery.kindAuth',
  throttled: 'delivery.kindThrottled',
  complaint: 'delivery.kindComplaint',
  auto: 'delivery.kindAuto',
  note: 'delivery.kindNote',
  unsubscribe: 'delivery.kindUnsubscribe',
  unknown: 'delivery.kindUnknown',
  none: 'delivery.kindNone',
};
