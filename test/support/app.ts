// Starts the whole web application on a free port, with a real queue and a relay that keeps all messages.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiKey } from '../../src/accounts/api-keys.js';
import type { Role } from '../../src/accounts/permission.js';
import { createApp } from '../../src/app.js';
import { readConfig, type Config } from '../../src/config/environment.js';
import type { Database } from '../../src/db.js';
import { freePort } from '../../src/embedded/ports.js';
import { createMailer } from '../../src/mail/send.js';
import { openQueues } from '../../src/queues.js';
import { openSecrets } from '../../src/secrets.js';
import { openClickRecorder, type ClickRecorder } from '../../src/tracking/record-clicks.js';
import { baseUrl, quiet, secretKey, testRelays } from './newsroom.js';
import { startSink, type Sink } from './smtp-sink.js';

export interface Answer {
  status: number;
  headers: Headers;
  // Loosely typed: a test asserts the fields that it reads.
  body: Record<string, unknown> & {
    id?: string;
    code?: string;
    data?: Record<string, unknown>[];
    nextCursor?: string | null;
    apiKey?: string;
  };
  text: string;
}

export interface TestApp {
  url: string;
  sink: Sink;
  clicks: ClickRecorder;
  /** Sends a request to /api/v1 with an owner's key. `key` replaces it; '' sends none. */
  api(method: string, path: string, body?: unknown, options?: RequestOptions): Promise<Answer>;
  key(role: Role): Promise<string>;
  close(): Promise<void>;
}

export interface RequestOptions {
  key?: string;
  headers?: Record<string, string>;
  /** A body that is sent unchanged. */
  raw?: string | Buffer;
}

const noSettings: Partial<
  Pick<
    Config,
    | 'subscribeLimits'
    | 'metricsToken'
    | 'imageCache'
    | 'trustProxy'
    | 'relays'
    | 'dkim'
    | 'bounceDomain'
    | 'oidc'
  >
> = {};

export async function startApp(
  { db, url: databaseUrl }: { db: Database; url: string },
  {
    now = () => new Date(),
    allowPrivateFeeds = ['127.0.0.1'],
    publicUrl = baseUrl,
    queueUrl = undefined as string | undefined,
    log = quiet,
    /** The host name by which a browser reaches the app, in place of `publicUrl`. */
    reachedAs = undefined as '127.0.0.1' | 'localhost' | undefined,
    port = 0,
    settings = noSettings,
    secrets = openSecrets(secretKey),
  } = {},
): Promise<TestApp> {
  const ownPort = reachedAs === undefined ? port : await freePort();
  const sink = await startSink();
  const relays = testRelays(sink.url, { connections: 1 });
  const queues = openQueues({ queueUrl, databaseUrl, log: quiet });
  const envelopes = { keys: secrets.derive('verp'), domain: settings.bounceDomain };
  const clicks = openClickRecorder({ db, log });
  const app = createApp({
    db,
    queues,
    config: {
      baseUrl: reachedAs === undefined ? publicUrl : `http://${reachedAs}:${ownPort}`,
      trustProxy: 'loopback',
      allowPrivateFeeds,
      subscribeLimits: readConfig({}).subscribeLimits,
      dkim: [],
      // The first served image creates this folder. Tests of images name another.
      imageCache: { folder: join(tmpdir(), 'daily-digest-test-images'), megabytes: 1 },
      ...settings,
    },
    log,
    secrets,
    mailer: createMailer({ relays, now, envelopes }),
    now,
    clicks,
  });
  const server = createServer(app).listen(ownPort, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://${reachedAs ?? '127.0.0.1'}:${(server.address() as AddressInfo).port}`;
  const key = async (role: Role) => (await createApiKey({ db }, { name: role, role })).apiKey;
  let ownerKey: string | undefined;
  return {
    url,
    sink,
    clicks,
    key,
    async api(method, path, body, options = {}) {
      const bearer = options.key ?? (ownerKey ??= await key('owner'));
      const sent = options.raw ?? (body === undefined ? undefined : JSON.stringify(body));
      const response = await fetch(`${url}/api/v1${path}`, {
        method,
        headers: {
          ...(bearer === '' ? {} : { authorization: `Bearer ${bearer}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...options.headers,
        },
        ...(sent === undefined ? {} : { body: sent }),
      });
      const text = await response.text();
      const isJson = /\bjson/.test(response.headers.get('content-type') ?? '');
      return {
        status: response.status,
        headers: response.headers,
        body: isJson ? (JSON.parse(text) as Answer['body']) : {},
        text,
      };
    },
    async close() {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
      await clicks.close();
      await queues.close();
      await relays.close();
      await sink.close();
    },
  };
}
