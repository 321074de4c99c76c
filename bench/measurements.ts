// All measurements. Figures that are compared come from the same minutes of the same run.
import { generateKeyPairSync } from 'node:crypto';
import { startChunkingFront } from '../test/support/chunking-front.js';
import { startDelayingProxy } from './delaying-proxy.js';
import { deliver, type Delivered } from './deliver.js';
import { clicks } from './clicks.js';
import { consolePages } from './console/measure.js';
import { feedback } from './feedback.js';
import { feedsPolled } from './feeds.js';
import { byTopics, planner } from './issues.js';
import { measureImport, measureLaterImports } from './import.js';
import { killed } from './kills.js';
import type { Measurement, Setting } from './measurement.js';
import type { Name } from './options.js';
import { scale } from './scale/scale.js';
import { runSendMailLoop, type LoopTask } from './send-mail-loop.js';
import { startSink } from './sink.js';
import { runSmtpSource } from './smtp-source.js';
import { startSubscribing } from './subscribe.js';

const million = 1_000_000;
/** Messages of one loop over sendMail, which takes some ten seconds. */
const loopMessages = 8_000;
const sourceMessages = 40_000;

const mean = (...values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

async function runOurs(
  setting: Setting,
  changes: Partial<Parameters<typeof deliver>[2]> = {},
): Promise<Delivered> {
  const { readers, workers, connections } = setting.options;
  const delivery = { readers, workers, connections, ...changes };
  setting.say(`an issue to ${delivery.readers.toLocaleString('en-US')} readers`);
  return deliver(setting.servers, setting.sink, delivery);
}

async function runLoop(setting: Setting, dkim?: LoopTask['dkim']) {
  const { connections } = setting.options;
  setting.say(`a loop over sendMail${dkim ? ' that signs' : ''}`);
  const messages = dkim ? loopMessages / 2 : loopMessages;
  return runSendMailLoop(setting.sink, { connections, messages, digest: setting.digest, dkim });
}

async function runSource({ sink, digest, options, say }: Setting): Promise<number> {
  say('smtp-source');
  return runSmtpSource(sink, {
    message: digest.raw,
    messages: sourceMessages,
    connections: options.connections,
  });
}

/** Measures the others before and after ours, because the load of a shared machine changes. */
const throughput: Measurement = async (setting) => {
  const before = { loop: await runLoop(setting), source: await runSource(setting) };
  const ours = await runOurs(setting);
  const after = { source: await runSource(setting), loop: await runLoop(setting) };
  const loop = mean(before.loop.rate, after.loop.rate);
  const source = mean(before.source, after.source);
  return [
    { what: 'smtp-source', value: source, unit: 'messages/s' },
    { what: 'loop over sendMail', value: loop, unit: 'messages/s' },
    {
      what: 'loop over sendMail, CPU of a message',
      value: mean(before.loop.cpu, after.loop.cpu),
      unit: 'ms',
    },
    { what: 'ours, freeze to finish', value: ours.rate, unit: 'messages/s' },
    { what: 'ours, while every connection has work', value: ours.steadyRate, unit: 'messages/s' },
    {
      what: 'ours, CPU of a message in the workers',
      value: ours.workerCpu,
      unit: 'ms',
      bar: { atMost: 0.2, aim: 0.12 },
    },
    {
      what: 'ours, CPU of a message in PostgreSQL',
      value: ours.databaseCpu,
      unit: 'ms',
      bar: { atMost: 0.1, aim: 0.06 },
    },
    { what: 'ours ÷ loop over sendMail', value: ours.rate / loop, unit: '', bar: { atLeast: 5, aim: 6.5 } },
    { what: 'ours ÷ smtp-source', value: ours.rate / source, unit: '', bar: { atLeast: 0.45, aim: 0.7 } },
  ];
};

const dkim: Measurement = async (setting) => {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const [domainName, keySelector] = ['news.example.org', 'digest'];
  const loop = await runLoop(setting, { domainName, keySelector, privateKey });
  const ours = await runOurs(setting, {
    dkim: { DKIM_DOMAIN: domainName, DKIM_SELECTOR: keySelector, DKIM_PRIVATE_KEY: privateKey },
  });
  return [
    { what: 'loop over sendMail with DKIM', value: loop.rate, unit: 'messages/s' },
    { what: 'ours with DKIM', value: ours.rate, unit: 'messages/s' },
    {
      what: 'DKIM: ours ÷ loop over sendMail',
      value: ours.rate / loop.rate,
      unit: '',
      bar: { atLeast: 5, aim: 8 },
    },
  ];
};

/** Compares a small issue with a large one. */
const growth: Measurement = async (setting) => {
  const small = await runOurs(setting, { readers: 10_000 });
  const large = await runOurs(setting, { readers: setting.options.large });
  const readers = large.readers.toLocaleString('en-US');
  const times = large.readers === million;
  return [
    {
      what: `CPU of a message in the workers, ${readers} readers ÷ 10,000`,
      value: large.workerCpu / small.workerCpu,
      unit: '',
      bar: { atMost: 1.1, aim: 1 },
    },
    {
      what: `the same in PostgreSQL`,
      value: large.databaseCpu / small.databaseCpu,
      unit: '',
    },
    {
      what: `memory of a worker, at most, ${readers} readers`,
      value: large.memory.most,
      unit: 'MB',
      bar: { atMost: 200, aim: 120 },
    },
    { what: 'in the first quarter of the messages', value: large.memory.early, unit: 'MB' },
    { what: 'in the last quarter', value: large.memory.late, unit: 'MB' },
    {
      what: `fan-out of ${readers}`,
      value: large.fanOutSeconds,
      unit: 's',
      ...(times ? { bar: { atMost: 15, aim: 5 } } : {}),
    },
    {
      what: `freeze to finish of ${readers}`,
      value: large.seconds,
      unit: 's',
      ...(times ? { bar: { atMost: 300, aim: 210 } } : {}),
    },
  ];
};

/** In milliseconds. */
const roundTrip = 50;
const farConnections = 20;
/**
 * The usual way with PIPELINING (RFC 2920): MAIL, RCPT and DATA take one round trip, and the message up to its final dot
 * takes the other.
 */
const roundTripsPerMessage = 2;

/** The rate to a relay behind a delaying proxy. */
async function runFar(
  setting: Setting,
  relay: { host: string; port: number },
  delivery: { readers: number; connections: number; chunking?: 'on' | 'off' },
): Promise<number> {
  const proxy = await startDelayingProxy(relay, roundTrip);
  const { steadyRate } = await runOurs(setting, { ...delivery, relayPort: proxy.port });
  proxy.close();
  return steadyRate;
}

const far: Measurement = async (setting) => {
  const { workers } = setting.options;
  // Every process has the same whole number of connections.
  const connections = Math.floor(farConnections / workers) * workers;
  const limit = (connections * 1000) / (roundTrip * roundTripsPerMessage);
  const delivery = { readers: limit * 60, connections };
  const ours = await runFar(setting, setting.sink, delivery);
  const front = await startChunkingFront(setting.sink);
  const { host } = setting.sink;
  const throughFront = (chunking: 'on' | 'off') =>
    runFar(setting, { host, port: front.port }, { ...delivery, chunking });
  const dotted = await throughFront('off');
  const before = front.texts.dotted;
  const chunked = await throughFront('on');
  front.close();
  if (front.texts.chunked < front.texts.dotted - before) throw new Error('most texts came with DATA');
  return [
    {
      what: `relay ${roundTrip} ms away, limit of ${connections} connections and two round trips`,
      value: limit,
      unit: 'messages/s',
    },
    { what: 'ours', value: ours, unit: 'messages/s' },
    { what: 'to a server in Node that offers CHUNKING, with DATA', value: dotted, unit: 'messages/s' },
    { what: 'the same with BDAT', value: chunked, unit: 'messages/s' },
    { what: 'relay far away: ours ÷ limit', value: ours / limit, unit: '', bar: { atLeast: 1.8 } },
  ];
};

/** Proves that each reader got one message. The other sinks only count; this one records the recipients. */
const proof: Measurement = async (setting) => {
  const sink = await startSink({ record: true });
  const readers = 10_000;
  try {
    await runOurs({ ...setting, sink }, { readers });
    const times = await sink.recipients();
    const ours = [...times].filter(([address]) => address.startsWith('measured-'));
    const twice = ours.filter(([, count]) => count !== 1).length;
    if (ours.length !== readers || twice > 0)
      throw new Error(`of ${readers} readers ${ours.length} got a message, ${twice} of them several`);
  } finally {
    await sink.close();
  }
  return [{ what: 'addresses that got exactly one message, of 10,000', value: readers, unit: '' }];
};

/** Measures each route twice, alternating, because the load of a shared machine changes. */
const subscribing: Measurement = async ({ servers, sink, say }) => {
  say(`${million.toLocaleString('en-US')} subscribers`);
  const routes = await startSubscribing(servers, sink, million);
  const run = (which: 'bare' | 'ours') => {
    say(which === 'bare' ? 'a route that only inserts the row' : 'POST /n/:slug/subscribe');
    return routes[which]();
  };
  try {
    const [bare, ours] = [[await run('bare')], [await run('ours')]];
    ours.push(await run('ours'));
    bare.push(await run('bare'));
    const meanOf = (runs: typeof ours, field: 'rate' | 'p50' | 'p99' | 'webCpu' | 'databaseCpu') =>
      mean(...runs.map((one) => one[field]));
    const [bareRate, rate] = [meanOf(bare, 'rate'), meanOf(ours, 'rate')];
    return [
      { what: 'a bare Express route that inserts the row', value: bareRate, unit: 'requests/s' },
      { what: 'the same, p99', value: meanOf(bare, 'p99'), unit: 'ms' },
      { what: 'POST /subscribe with all checks, 1,000,000 subscribers', value: rate, unit: 'requests/s' },
      { what: 'the same, p50 (60 ms of it on purpose)', value: meanOf(ours, 'p50'), unit: 'ms' },
      { what: 'the same, p99', value: meanOf(ours, 'p99'), unit: 'ms' },
      { what: 'CPU of a request in the web process', value: meanOf(ours, 'webCpu'), unit: 'ms' },
      { what: 'CPU of a request in PostgreSQL', value: meanOf(ours, 'databaseCpu'), unit: 'ms' },
      {
        what: 'POST /subscribe ÷ bare route',
        value: rate / bareRate,
        unit: '',
        bar: { atLeast: 0.5, aim: 0.6 },
      },
    ];
  } finally {
    await routes.close();
  }
};

const imports: Measurement = async ({ options, servers, say }) => {
  const readers = options.large;
  say(`an import of ${readers.toLocaleString('en-US')} readers`);
  return [...(await measureImport(servers, readers)), ...(await measureLaterImports(servers))];
};

export const measurements: Record<Name, Measurement> = {
  throughput,
  dkim,
  growth,
  far,
  proof,
  subscribe: subscribing,
  planner,
  topics: byTopics,
  feeds: feedsPolled,
  import: imports,
  kills: killed,
  feedback,
  clicks,
  console: consolePages,
  scale,
};
