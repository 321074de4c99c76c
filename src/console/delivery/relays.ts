// The relays: how they are, and a test of one that hands over no mail.
import type { Request, Response } from 'express';
import type { RelayConfig } from '../../config/relays.js';
import { selectCircuits, selectConnections, selectTroubles } from '../../delivery/hand-overs.js';
import { warmUpsToday } from '../../delivery/warm-up.js';
import { askRelays, domainOfSender } from '../../mail/check-sender.js';
import { listNewsletters } from '../../newsletters/get-newsletter.js';
import { listProviderPauses } from '../../providers/pauses.js';
import { providerName, providerPauseInWords } from '../../providers/provider-words.js';
import type { ConsoleDeps } from '../deps.js';
import { formField } from '../form-field.js';
import { sendPage, timeWordsOf, translatorOf } from '../page.js';
import type { Translator } from '../../languages/translate.js';
import { relayInWords } from '../first-run/sender-advice.js';
import { lastRelayTests, noteRelayTest, type RelayTest } from '../../sender-checks/checks.js';
import type { TimeWords } from '../../text/when-words.js';
import { relayView } from './relay-view.js';

const mostSenders = 200;

/** The address in From of each newsletter, one for each domain. */
export async function sendersOf({ db }: ConsoleDeps): Promise<Map<string, string>> {
  const newsletters = await listNewsletters(db, { limit: mostSenders });
  return new Map(newsletters.map(({ from }) => [domainOfSender(from.address), from.address]));
}

/** `?tested=` names the relay that a person has just tested. */
export async function showRelays(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const { db, sending } = deps;
  const [circuits, connections, troubles, warmUps, paused] = await Promise.all([
    selectCircuits(db),
    selectConnections(db),
    selectTroubles(db),
    warmUpsToday(db),
    listProviderPauses(db),
  ]);
  const tests = await lastRelayTests(
    db,
    sending.relays.map(({ name }) => name),
  );
  const words = translatorOf(res);
  sendPage(res, 'delivery', {
    tab: 'relays',
    relays: sending.relays.map((relay) => {
      const test = tests.get(relay.name);
      return {
        ...relayView(relay, { circuits, connections, troubles }, words),
        tested: test && foundInWords(relay, test, words, req.query['tested'] === relay.name),
        lastTest: lastInWords(test, timeWordsOf(res)),
      };
    }),
    caughtMailUrl: sending.caughtMailUrl,
    saysTimes: tests.size > 0 || paused.some(({ stopped }) => stopped),
    warmUps,
    paused: paused.map((pause) => ({
      name: providerName(pause.groupKey, words),
      words: providerPauseInWords(pause, timeWordsOf(res)),
    })),
  });
}

/** What the last test found. A relay that works without a remark says so only to the person who has just tested it. */
function foundInWords(
  relay: RelayConfig,
  { found }: RelayTest,
  words: Translator,
  isNew: boolean,
): { works: boolean; words: string[] } | undefined {
  if (found === null) return undefined;
  const said = relayInWords({ relay, check: found }, words);
  return said.length === 0 && !isNew ? undefined : { works: found.ok, words: said };
}

function lastInWords(test: RelayTest | undefined, { t, time }: TimeWords): string | undefined {
  if (test === undefined) return undefined;
  const at = time(test.testedAt);
  return test.worked ? t('delivery.lastWorked', { at }) : t('delivery.lastFailed', { at });
}

/** A POST, because it makes us call another server. The page after it shows what was kept. */
export async function testRelay(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const name = formField(req, 'relay');
  const relays = deps.sending.relays.filter((relay) => relay.name === name);
  const senders = [...(await sendersOf(deps)).values()];
  const [asked] = await askRelays({ ...deps.sending, relays }, senders);
  if (asked) await noteRelayTest(deps, name, asked.check);
  const query = asked ? `?${new URLSearchParams({ tested: name }).toString()}` : '';
  res.redirect(303, `/console/delivery${query}`);
}
