// What must be known about the Redis of a queue before jobs are put there.
import type { Cluster, Redis } from 'ioredis';
import { withTimeout, type QueueServer } from './backend.js';

/**
 * Milliseconds for which the place of the database stays noted. Workers note it again with each heartbeat. A database
 * that has moved waits as long for its jobs.
 */
const placeLife = 30_000;

/** `client` opens the connection on first use. `tag`: the keys begin with it, and lie on one node. */
export function redisServer(
  client: () => Redis | Cluster,
  { tag, database }: { tag: string; database: number },
): QueueServer {
  const ownerKey = `${tag}:owner`;
  const placeKey = `${tag}:owner-place`;

  const owner: QueueServer['owner'] = async ({ databaseId, place }, { claim }) => {
    const redis = client();
    if (claim) await redis.set(ownerKey, databaseId, 'NX');
    const noted = await redis.get(ownerKey);
    if (noted === null) return 'unclaimed';
    if (noted !== databaseId) return 'of another installation';
    if (claim) await redis.set(placeKey, place, 'PX', placeLife, 'NX');
    if (((await redis.get(placeKey)) ?? place) !== place) return 'of a copy of our database';
    if (claim) await redis.pexpire(placeKey, placeLife);
    return 'ours';
  };

  async function evictionPolicies(): Promise<string[]> {
    const redis = client();
    const nodes = redis.isCluster ? (redis as Cluster).nodes('master') : [redis as Redis];
    // Managed services refuse CONFIG GET.
    const told = await Promise.all(nodes.map((node) => node.info('memory').catch(ignoreRefusal)));
    return told.flatMap((info) => /^maxmemory_policy:(\S+)/m.exec(info ?? '')?.[1] ?? []);
  }

  async function hasDatabase(): Promise<boolean> {
    const redis = client();
    if (database === 0 || redis.isCluster) return true;
    return (await (redis as Redis).select(database).catch(ignoreRefusal)) === 'OK';
  }

  async function isReplica(): Promise<boolean> {
    const redis = client();
    // On a cluster, the client asks the masters.
    if (redis.isCluster) return false;
    return /^role:slave/m.test((await redis.info('replication').catch(ignoreRefusal)) ?? '');
  }

  return {
    ownerKey,
    owner: (us, options) => withTimeout(owner(us, options), 'queue'),
    evictionPolicies: () => withTimeout(evictionPolicies(), 'queue'),
    hasDatabase: () => withTimeout(hasDatabase(), 'queue'),
    isReplica: () => withTimeout(isReplica(), 'queue'),
  };
}

/** Redis answered, but refused: the user may not run the command, or its argument is out of range. */
function ignoreRefusal(error: Error): undefined {
  if (error.name === 'ReplyError') return undefined;
  throw error;
}
