// The steps to a newsletter's first issue, each with the page on which it is done. Pure.
import type { Translator } from '../../languages/translate.js';
import { defaultLook } from '../../newsletters/look.js';
import type { Newsletter } from '../../newsletters/schema.js';
import type { SenderState } from './sender.js';

interface StepFacts {
  feeds: number;
  readers: number;
  /** Another site showed the form, or a reader came by it. */
  embedded: boolean;
  isOwner: boolean;
  sender: SenderState;
}

const isChosen = (look: Newsletter['look']): boolean =>
  (Object.keys(defaultLook) as (keyof typeof defaultLook)[]).some(
    (part) => JSON.stringify(look[part]) !== JSON.stringify(defaultLook[part]),
  );

export function stepsOf(
  { slug, postalAddress, from, look }: Newsletter,
  { feeds, readers, embedded, isOwner, sender }: StepFacts,
  { t }: Translator,
): object[] {
  const home = `/console/newsletters/${slug}`;
  return [
    {
      label: t('home.stepPostalAddress'),
      to: `${home}/settings#postalAddress`,
      done: postalAddress !== null,
    },
    {
      label: t('home.stepSender', { sender: from.address }),
      to: `${home}/settings#from.address`,
      done: true,
    },
    ...(isOwner
      ? [
          { label: t('home.stepRelay'), to: '/console/delivery', done: sender.relayWorks },
          { label: t('home.stepDns'), to: '/console/delivery/dns', done: sender.dnsWorks },
        ]
      : []),
    { label: t('home.stepFeed'), to: `${home}/feeds/new`, done: feeds > 0 },
    { label: t('home.stepLook'), to: `${home}/look`, done: isChosen(look) },
    { label: t('home.stepForm'), to: `${home}/form`, done: embedded },
    { label: t('home.stepReader'), to: `${home}/readers`, done: readers > 0 },
  ];
}
