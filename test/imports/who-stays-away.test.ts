// Which readers an import must not bring back: suppressed addresses and readers who left.
import type { ImportStatus } from '../../src/imports/outcome.js';
import { judge, unknownReader, type KnownReader } from '../../src/imports/who-stays-away.js';

type Subscription = NonNullable<KnownReader['subscription']>;

const active: Subscription = {
  id: '1',
  requestedAt: '2026-01-01',
  confirmedAt: '2026-01-02',
  unsubscribedAt: null,
  expiredAt: null,
  isPending: false,
  isUndone: false,
  hasRejoined: false,
};
const left: Subscription = { ...active, unsubscribedAt: '2026-02-01' };
const pending: Subscription = { ...active, confirmedAt: null, isPending: true };
const known = (subscription: Subscription, more: Partial<KnownReader> = {}): KnownReader => ({
  ...unknownReader,
  subscriberId: '7',
  name: 'Ada',
  subscription,
  ...more,
});
const row = (status: ImportStatus, name: string | null = null) => ({ status, name });
const all: ImportStatus[] = ['active', 'pending', 'expired', 'unsubscribed', 'suppressed'];

describe('a suppressed address', () => {
  test.each(all)('stays as it is for every status of a row: %s', (status) => {
    for (const reader of [known(active), known(left), unknownReader])
      expect(judge(row(status, 'Eve'), { ...reader, isSuppressed: true })).toEqual({
        outcome: 'suppressed-before',
        creates: false,
        suppresses: false,
        leaves: false,
        confirms: false,
        renames: false,
      });
  });
});

describe('a reader who left', () => {
  test.each(['active', 'pending', 'expired'] as const)('is not brought back by %s', (status) => {
    expect(judge(row(status, 'Eve'), known(left))).toMatchObject({
      outcome: 'unsubscribed-before',
      confirms: false,
      renames: false,
    });
  });

  test('comes back if only the undo of an import had ended them', () => {
    const undone = known({ ...left, isUndone: true });
    expect(judge(row('active', 'Eve'), undone)).toMatchObject({
      outcome: 'updated',
      confirms: true,
      renames: true,
    });
    expect(judge(row('pending'), undone)).toMatchObject({ outcome: 'unsubscribed-before', confirms: false });
  });
});

describe('a row that asks for less mail', () => {
  test('ends the subscription', () => {
    expect(judge(row('unsubscribed'), known(active))).toMatchObject({ outcome: 'updated', leaves: true });
    expect(judge(row('suppressed'), known(active))).toMatchObject({ leaves: true, suppresses: true });
  });

  test('does not change a reader who has joined here since, unless it suppresses', () => {
    const rejoined = known({ ...active, hasRejoined: true });
    expect(judge(row('unsubscribed'), rejoined)).toMatchObject({ outcome: 'unchanged', leaves: false });
    expect(judge(row('suppressed'), rejoined)).toMatchObject({ outcome: 'updated', leaves: true });
  });
});

test('an active reader keeps everything but the name', () => {
  expect(judge(row('active'), known(active)).outcome).toBe('unchanged');
  expect(judge(row('active', 'Ada'), known(active)).outcome).toBe('unchanged');
  expect(judge(row('active', 'Eve'), known(active))).toMatchObject({ outcome: 'updated', renames: true });
});

test('a pending reader is confirmed by an active row only', () => {
  expect(judge(row('active'), known(pending))).toMatchObject({ outcome: 'updated', confirms: true });
  expect(judge(row('pending'), known(pending)).outcome).toBe('unchanged');
});

test('a new address is created; the second row of one import is a duplicate', () => {
  expect(judge(row('pending'), unknownReader)).toMatchObject({ outcome: 'created', creates: true });
  expect(judge(row('active'), { ...known(active), isDuplicate: true }).outcome).toBe('duplicate');
});
