// The helpers for instants on pages of the console. The page's frame has the clock: `clock` {now, zone}.
import { translator } from '../languages/translate.js';
import {
  dayParts,
  instantParts,
  momentInSentence,
  zoneInWords,
  type InstantParts,
  type PageClock,
} from '../text/when-words.js';

interface Call {
  data: { root: { locale: string; clock: PageClock } };
}

/** `escape`: a text for HTML. `markup`: HTML that Handlebars leaves as it is. */
export function instantHelpers(markup: (html: string) => unknown, escape: (text: string) => string) {
  const element =
    (parts: typeof instantParts) =>
    (at: Date | string, { data: { root } }: Call): unknown =>
      markup(timeElement(new Date(at), parts(new Date(at), root.clock, translator(root.locale)), escape));
  return {
    /** {{instant at}}: "yesterday 07:00, 13 h ago" as an element. */
    instant: element(instantParts),
    /** {{instantDay at}}: the day alone. */
    instantDay: element(dayParts),
    /** {{instantText at}}: text, as an argument of a sentence. */
    instantText: (at: Date | string, { data: { root } }: Call): string =>
      momentInSentence(new Date(at), root.clock, translator(root.locale)),
    /** {{city zone}}: the zone as its people name it, in the label of a time. */
    city: (zone: string, { data: { root } }: Call): string => translator(root.locale).city(zone),
    /** {{zoneOfTimes}}: the sentence that names the zone of the page's times. */
    zoneOfTimes: ({ data: { root } }: Call): string => zoneInWords(root.clock.zone, translator(root.locale)),
  };
}

function timeElement(
  at: Date,
  { words, distance, comma, title }: InstantParts,
  escape: (text: string) => string,
): string {
  // A line breaks between the two halves only.
  const halves = distance === undefined ? [words] : [`${words}${comma}`, distance];
  const spans = halves.map((half) => `<span>${escape(half)}</span>`).join(' ');
  return `<time dir="auto" datetime="${at.toISOString()}" title="${escape(title)}">${spans}</time>`;
}
