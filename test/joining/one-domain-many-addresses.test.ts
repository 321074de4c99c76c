// A domain may accept every address. Its holder would get a confirmation for each address that a program invents.
import { holderDomain } from '../../src/joining/mailbox-domain.js';
import { useDatabase, useSite } from '../support/fixture.js';
import { makeNewsletter } from '../support/newsroom.js';
import { limits } from '../support/site.js';

const database = useDatabase();
const outcomes: string[] = [];
const site = useSite(database, {
  subscribeLimits: limits({ perDomain: { times: 5, withinSeconds: 3600 }, challenge: 'off', answerMs: 0 }),
  observe: (outcome) => outcomes.push(outcome),
});
beforeAll(async () => {
  await makeNewsletter(database.db);
});

const subscribe = (email: string, from: number) =>
  site.subscribe('the-daily-test', { email }, { 'x-forwarded-for': `198.51.100.${from}` });

test('beyond the limit, addresses at one domain get no mail, and the answer says so', async () => {
  const answers: Response[] = [];
  for (let number = 0; number < 8; number += 1)
    answers.push(
      await subscribe(`invented${number}@${number % 2 ? '' : `mail${number}.`}catch-all.example`, number),
    );
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202, 429, 429, 429]);
  expect(Number(answers.at(-1)?.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(outcomes.filter((one) => one === 'domain-limit')).toHaveLength(3);
  await site.work();
  expect(site.sink.messages).toHaveLength(5);
  // Other domains are not concerned.
  expect((await subscribe('reader@another.example', 99)).status).toBe(202);
});

test('a provider of mailboxes for everybody has no such limit', async () => {
  for (let number = 0; number < 7; number += 1)
    for (const domain of ['gmail.com', 'gmx.de'])
      expect((await subscribe(`reader${number}@${domain}`, 100 + number)).status).toBe(202);
});

test.each([
  ['a.example', 'a.example'],
  ['mail.a.example', 'a.example'],
  ['x.y.a.example', 'a.example'],
  ['mail.a.co.uk', 'a.co.uk'],
  ['a.com.au', 'a.com.au'],
  ['stud.uni.de', 'uni.de'],
  ['gmail.com', undefined],
  ['hotmail.co.uk', undefined],
  ['web.de', undefined],
])('the holder of %s is that of %s', (domain, holder) => {
  expect(holderDomain(domain)).toBe(holder);
});
