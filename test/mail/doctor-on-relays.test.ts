// Doctor asks each relay whether it takes our envelope sender and as many connections as SMTP_URL allows.
import { hostname } from 'node:os';
import { readConfig } from '../../src/config/environment.js';
import { checkRelay } from '../../src/mail/check-relay.js';
import { startScripted, answering, type Answers } from '../support/smtp-script.js';
import { startSink, type Reply, type Stage, type StageInfo } from '../support/smtp-sink.js';
import { checkInEnglish } from './check-in-english.js';

type Answer = ReturnType<typeof checkInEnglish>;
const envelope = { sender: 'bounces+0123@news.example', author: 'digest@news.example' };
const ask = async (url: string): Promise<Answer> => {
  const [relay] = readConfig({ SMTP_URL: url }).relays ?? [];
  if (!relay) throw new Error('no relay');
  return checkInEnglish(await checkRelay(relay, [envelope]));
};

async function askSink(
  reply: (stage: Stage, info: StageInfo) => Reply,
  options = '',
): Promise<[Answer, number]> {
  const sink = await startSink({ reply });
  const answer = await ask(`${sink.url}${options}`);
  await sink.close();
  return [answer, sink.messages.length];
}

test('a relay that takes the envelope has no remark, and gets no message', async () => {
  const stages: string[] = [];
  const [answer, messages] = await askSink((stage, { from, rcpt }) => {
    if (stage === 'mail' || stage === 'rcpt') stages.push(`${stage} ${rcpt ?? from}`);
    return undefined;
  });
  expect(answer).toEqual({ ok: true, secure: false, remarks: [] });
  expect(stages).toEqual([`mail ${envelope.sender}`, `rcpt ${envelope.author}`]);
  expect(messages).toBe(0);
});

test('a relay that refuses our envelope sender only: verp=off is the way out', async () => {
  const [answer] = await askSink((stage, { from }) =>
    stage === 'mail' && from === envelope.sender ? { code: 553, text: '5.7.1 sender not owned' } : undefined,
  );
  expect(answer).toMatchObject({
    ok: true,
    remarks: [expect.stringMatching(/refuses the envelope sender bounces\+0123.*sender not owned.*verp=off/)],
  });
});

test('a relay that refuses the newsletter’s own address, at RCPT', async () => {
  const [answer] = await askSink((stage) =>
    stage === 'rcpt' ? { code: 554, text: '5.7.1 relay access denied' } : undefined,
  );
  expect(answer).toMatchObject({
    ok: true,
    remarks: [expect.stringMatching(/refuses mail from digest@news\.example.*relay access denied/)],
  });
});

test('a relay that puts mail off', async () => {
  const [answer] = await askSink((stage) =>
    stage === 'rcpt' ? { code: 450, text: '4.2.0 greylisted' } : undefined,
  );
  expect(answer).toMatchObject({ ok: true, remarks: [expect.stringMatching(/puts off mail.*greylisted/)] });
});

test('a relay that takes fewer connections than SMTP_URL allows', async () => {
  let open = 0;
  const answers: Answers = {
    greeting: (client) => {
      open += 1;
      if (open <= 3) return client.say('220 scripted.test ESMTP');
      client.say('421 4.7.0 too many connections');
      return client.end();
    },
  };
  const relay = await startScripted(answering(answers));
  const answer = await ask(`${relay.url}?connections=6`);
  await relay.close();
  expect(answer).toMatchObject({
    ok: true,
    remarks: [
      expect.stringMatching(
        /takes 3 of 6 connections at once \(".*too many connections"\): set connections=3/,
      ),
    ],
  });
});

test('a relay that hangs up after MAIL is reported, and nothing waits', async () => {
  const relay = await startScripted(answering({ MAIL: (client) => client.reset() }));
  expect(await ask(relay.url)).toMatchObject({ ok: false });
  await relay.close();
});

test('a relay elsewhere that hears no host name in EHLO, unless name= gives one', async () => {
  const sink = await startSink();
  const [relay] = readConfig({ SMTP_URL: sink.url }).relays ?? [];
  if (!relay) throw new Error('no relay');
  // Reaches the sink, and is no loopback address.
  const elsewhere = { ...relay, host: '0.0.0.0' };
  const remarks = async (config: typeof relay) => {
    const answer = checkInEnglish(await checkRelay(config, [envelope]));
    return answer.remarks ?? [answer.reason ?? ''];
  };
  expect(await remarks({ ...elsewhere, clientName: 'digest.news.example' })).toEqual([]);
  const named = hostname().includes('.');
  const heard = (await remarks(elsewhere))?.filter((remark) =>
    /^hears EHLO \S+, which is no host name/.test(remark),
  );
  expect(heard).toHaveLength(named ? 0 : 1);
  await sink.close();
});
