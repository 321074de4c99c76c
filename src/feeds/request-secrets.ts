// A feed's cookie and header may open what its publisher sells. The database keeps their values sealed; no
// answer, page or log shows them, and requests carry them to the origin for which they were set, and to no other
// (src/outbound/request.ts).
import type { Confidential } from '../outbound/request.js';
import { seal, unseal } from '../sealed.js';
import { keyWithId, type Secrets } from '../secrets.js';
import { type FeedSettings, originOf } from './request-settings.js';
import type { FeedRow, StoredSettings } from './store.js';

/** The id of the key, then the sealed value. */
function sealValue(secrets: Secrets, value: string): Buffer {
  const { current } = secrets.derive('feed-requests');
  return Buffer.concat([Buffer.of(current.id), seal(current.bytes, Buffer.from(value))]);
}

function openValue(secrets: Secrets, sealed: Buffer): string | undefined {
  const key = keyWithId(secrets.derive('feed-requests'), sealed[0]);
  return key && unseal(key, sealed.subarray(1))?.toString();
}

/** The feed's settings after the change. Secrets for another server are dropped when new ones are set. */
export function settingsAfter(secrets: Secrets, feed: FeedRow, change: FeedSettings): StoredSettings {
  const origin = originOf(feed.url);
  const isNew = Boolean(change.cookie) || Boolean(change.header);
  const before = isNew && feed.secretsOrigin !== origin ? noSecrets : feed;
  const { cookie, header } = change;
  const after = {
    cookie: cookie === undefined ? before.cookie : cookie === null ? null : sealValue(secrets, cookie),
    headerName: header === undefined ? before.headerName : (header?.name ?? null),
    headerValue:
      header === undefined ? before.headerValue : header === null ? null : sealValue(secrets, header.value),
  };
  const hasSecrets = after.cookie !== null || after.headerValue !== null;
  return {
    ...after,
    identity: change.identity === undefined ? feed.identity : change.identity,
    withoutCache: change.withoutCache ?? feed.withoutCache,
    keepFurniture: change.keepFurniture ?? feed.keepFurniture,
    pollMinutes: change.pollMinutes === undefined ? feed.pollMinutes : change.pollMinutes,
    secretsOrigin: !hasSecrets ? null : isNew ? origin : feed.secretsOrigin,
  };
}

const noSecrets = { cookie: null, headerName: null, headerValue: null };

type Sealed = Pick<FeedRow, 'cookie' | 'headerName' | 'headerValue' | 'secretsOrigin'>;

/** What the requests of the feed carry. "unreadable": SECRET_KEY was replaced since. */
export function confidentialOf(secrets: Secrets, feed: Sealed): Confidential | undefined | 'unreadable' {
  const { cookie, headerName, headerValue, secretsOrigin } = feed;
  if (secretsOrigin === null) return undefined;
  const headers: Record<string, string> = {};
  for (const [name, sealed] of [
    ['cookie', cookie],
    [headerName?.toLowerCase() ?? '', headerValue],
  ] as const) {
    if (sealed === null) continue;
    const opened = openValue(secrets, sealed);
    if (opened === undefined) return 'unreadable';
    headers[name] = opened;
  }
  return { origin: secretsOrigin, headers };
}
