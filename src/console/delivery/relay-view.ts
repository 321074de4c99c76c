// A relay of SMTP_URL, as the living workers see it, in words. Pure.
import type { RelayConfig } from '../../config/relays.js';
import type { CircuitRow, ConnectionsRow, TroubleRow } from '../../delivery/hand-overs.js';
import type { Translator } from '../../languages/translate.js';

export interface RelaySeen {
  circuits: readonly CircuitRow[];
  connections: readonly ConnectionsRow[];
  troubles: readonly TroubleRow[];
}

export interface RelayView {
  name: string;
  /** The colour of the badge. */
  badge: 'ok' | 'failed' | 'new';
  state: string;
  rate: string;
  connections: string;
  /** `isForeign`: the relay's reply, or the error as the system words it. */
  trouble: { words: string; isForeign: boolean } | undefined;
  warmsUp: boolean;
}

export function relayView(
  { name, rate, connections, warmUp }: RelayConfig,
  { circuits, connections: shares, troubles }: RelaySeen,
  { t, say }: Pick<Translator, 't' | 'say'>,
): RelayView {
  const states = circuits.filter(({ relay }) => relay === name);
  const workers = (wanted: (state: string) => boolean): number =>
    states.filter(({ state }) => wanted(state)).reduce((sum, one) => sum + one.workers, 0);
  const broken = workers((state) => state !== 'closed');
  const share = shares.find(({ relay }) => relay === name);
  const told = troubles.find(({ relay }) => relay === name);
  const trouble = told?.trouble ?? told?.asked ?? undefined;
  return {
    name,
    badge: states.length === 0 ? 'new' : broken > 0 ? 'failed' : 'ok',
    state:
      states.length === 0
        ? t('delivery.noWorker')
        : broken === 0
          ? t('delivery.works')
          : t('delivery.inTrouble', { broken, workers: workers(() => true) }),
    rate: rate === undefined ? t('delivery.anyRate') : t('delivery.rateLimit', { rate }),
    connections:
      share === undefined
        ? t('delivery.connectionsAllowed', { allowed: connections })
        : t('delivery.connectionsUsed', { used: share.used, share: share.share }),
    trouble:
      trouble === undefined ? undefined : { words: say(trouble), isForeign: typeof trouble === 'string' },
    warmsUp: warmUp,
  };
}
