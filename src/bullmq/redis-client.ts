// Connections to a Redis, to a Redis Cluster, or to the server that Sentinels name.
import { Cluster, Redis } from 'ioredis';
import { readQueueUrl } from '../config/queue-url.js';

const retryStrategy = (times: number): number => Math.min(times * 200, 2_000);

/** A client for QUEUE_URL. A producer's commands fail at once when Redis is unreachable; a worker's wait for it. */
export function openRedis(
  url: string,
  { producer, onError }: { producer: boolean; onError: (error: Error) => void },
): Redis | Cluster {
  const { kind, nodes, tls, username, password, database: db, family, sentinel } = readQueueUrl(url);
  const options = {
    maxRetriesPerRequest: producer ? 1 : null,
    enableOfflineQueue: !producer,
    connectTimeout: 5_000,
    // A connection whose packets vanish is replaced. A worker waits up to 10 s for a job, without any byte.
    socketTimeout: producer ? 5_000 : 15_000,
    keepAlive: 10_000,
    retryStrategy,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(family === undefined ? {} : { family }),
    ...(tls ? { tls: {} } : {}),
  };
  if (kind === 'cluster')
    return new Cluster(nodes, {
      enableOfflineQueue: !producer,
      redisOptions: options,
      // By name, because the certificates are made for the names.
      ...(tls ? { dnsLookup: (name, found) => found(null, name) } : {}),
    }).on('error', onError);
  if (sentinel === undefined) return new Redis({ ...options, ...nodes[0], db }).on('error', onError);
  return new Redis({
    ...options,
    db,
    sentinels: nodes,
    name: sentinel.name,
    // A Sentinel that takes connections and is silent must not keep the others from being asked.
    sentinelCommandTimeout: 2_000,
    sentinelRetryStrategy: retryStrategy,
    ...(sentinel.username === undefined ? {} : { sentinelUsername: sentinel.username }),
    ...(sentinel.password === undefined ? {} : { sentinelPassword: sentinel.password }),
    ...(tls ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
  }).on('error', onError);
}
