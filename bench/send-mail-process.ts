// The process of send-mail-loop.ts. It composes each message with its reader's link and headers.
import { createTransport } from 'nodemailer';
import { unsubscribeUrl, type Digest } from './digest.js';
import type { LoopResult, LoopTask } from './send-mail-loop.js';

/** Messages before the clock starts, so that the code is compiled and the connections are open. */
const warmUp = 500;

function messageFor(digest: Digest, reader: number) {
  const url = unsubscribeUrl(reader);
  return {
    from: digest.from,
    to: `reader${reader}@readers.example.org`,
    subject: digest.subject,
    html: digest.html.replaceAll(digest.unsubscribeUrl, url),
    text: digest.text.replaceAll(digest.unsubscribeUrl, url),
    list: { unsubscribe: { url }, id: { url: 'the-daily-test.example.org' } },
    headers: { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click', Precedence: 'bulk' },
  };
}

process.once('message', (task: LoopTask) => void run(task));

async function run(task: LoopTask): Promise<void> {
  const transport = createTransport({
    host: task.host,
    port: task.port,
    pool: true,
    maxConnections: task.connections,
    maxMessages: Infinity,
    ...(task.dkim ? { dkim: task.dkim } : {}),
  });
  let next = 0;
  const sendUpTo = async (end: number): Promise<void> => {
    const loop = async (): Promise<void> => {
      while (next < end) await transport.sendMail(messageFor(task.digest, (next += 1)));
    };
    // Two loops for each connection: one composes a message while the other waits for the relay.
    await Promise.all(Array.from({ length: 2 * task.connections }, loop));
  };
  await sendUpTo(warmUp);
  const started = performance.now();
  const used = process.cpuUsage();
  await sendUpTo(warmUp + task.messages);
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(used);
  const result: LoopResult = { rate: task.messages / seconds, cpu: (user + system) / 1000 / task.messages };
  process.send?.(result);
  transport.close();
  process.disconnect();
}
