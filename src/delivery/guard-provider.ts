// Pauses a mailbox provider whose returned mails say that it refuses us. The sending process sees what is refused at
// the hand-over (src/providers/domain-pace.ts); returned mails come later, and to any process.
import type { Db } from '../db.js';
import { day, second } from '../durations.js';
import type { Log } from '../log.js';
import { groupDomains } from '../mail/domain-groups.js';
import { lastPause, pauseProvider } from '../providers/pauses.js';
import { providerInWords } from '../providers/provider-words.js';
import { causes, enoughRefusals, lastMessages, refusesTooMuch } from '../providers/refusals.js';
import { pauseFor } from './guard-issue.js';
import { countLast } from './store-guard.js';

interface Deps {
  db: Db;
  log: Log;
  now: () => Date;
}

export interface ProviderGuard {
  /** A message to this group of domains came back with one of the causes. */
  note(group: string, issueId: string): void;
  /** Judges the noted groups. Call it when the events are committed. Never throws. */
  look(): Promise<void>;
}

/** Milliseconds until a group is judged again: the count may read many deliveries. */
const judgedEvery = 20 * second;

export function createProviderGuard(
  deps: Deps,
  { every = judgedEvery, clock = () => performance.now() } = {},
): ProviderGuard {
  /** The issues whose messages came back, by group. */
  const noted = new Map<string, Set<string>>();
  const judged = new Map<string, number>();

  return {
    note(group, issueId) {
      noted.set(group, (noted.get(group) ?? new Set()).add(issueId));
    },
    async look() {
      for (const [group, issueIds] of noted) {
        if (clock() - (judged.get(group) ?? -Infinity) < every) continue;
        noted.delete(group);
        judged.set(group, clock());
        await judge(deps, group, issueIds).catch((err: unknown) =>
          deps.log.error({ err, group }, 'delivery: a provider that returns our mail could not be judged'),
        );
      }
      if (noted.size === 0 && judged.size > 1_000) judged.clear();
    },
  };
}

async function judge(deps: Deps, group: string, issueIds: ReadonlySet<string>): Promise<void> {
  const pause = await lastPause(deps.db, group);
  if (pause?.stopped) return;
  const onTrial = pause !== undefined && pause.endedAt === null;
  const found = await countLast(deps.db, {
    domains: groupDomains(group),
    causes,
    since: pause === undefined ? new Date(deps.now().getTime() - 7 * day) : (pause.endedAt ?? pause.until),
    enough: enoughRefusals({ onTrial }),
    last: lastMessages,
  });
  if (found === undefined || !refusesTooMuch(found, { onTrial })) return;
  const { ends, bad } = found;
  const cause = causes.find((one) => one === found.cause) ?? 'policy';
  const paused = await pauseProvider(deps, { groupKey: group, cause, bad, ends, reply: found.reply ?? '' });
  if (!paused || cause !== 'auth') return;
  // Other providers will refuse unauthenticated mail, too.
  for (const issueId of issueIds)
    await pauseFor(deps, issueId, { kind: 'not-authenticated', bad, ends, domain: providerInWords(group) });
}
