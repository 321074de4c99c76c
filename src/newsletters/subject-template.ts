// The subject line of a newsletter's issues: "{{firstTitle}}{{#if others}} and {{others}} more{{/if}}". The default
// has no name of the newsletter: an inbox shows that as the sender, and a phone ten more letters of the subject.
//
// A small language instead of Handlebars. It fills a mail header: nothing is escaped as HTML, nothing can be
// called, and a wrong template is found when it is saved. Pure.
import { oneLine } from '../text/clean-text.js';
import { cutAtWord } from '../text/cut-text.js';

/** The names that a subject can use. `others` is the number of posts beside the first. */
export interface SubjectValues {
  newsletter: string;
  firstTitle: string;
  others: number;
  count: number;
  date: string;
}

export const defaultSubject = '{{firstTitle}}{{#if others}} and {{others}} more{{/if}}';

const names = ['newsletter', 'firstTitle', 'others', 'count', 'date'] as const;
type Name = (typeof names)[number];

// Inboxes show 40 to 90 characters. Anything longer is folded, and not read.
const longest = 120;

type Node = string | { value: Name } | { condition: Name; yes: Node[]; no: Node[] };

const isName = (text: string): text is Name => names.some((name) => name === text);

/** The template as nodes, or its problem in words. */
function parse(template: string): Node[] | { problem: string } {
  const top: Node[] = [];
  const open: { condition: Name; yes: Node[]; no: Node[]; inElse: boolean }[] = [];
  for (const token of template.split(/(\{\{.*?\}\})/)) {
    const inner = /^\{\{(.*)\}\}$/.exec(token)?.[1]?.trim();
    const block = open.at(-1);
    const into = block ? (block.inElse ? block.no : block.yes) : top;
    if (inner === undefined) {
      if (/\{\{|\}\}/.test(token)) return { problem: 'a {{ or }} has no partner' };
      into.push(token);
    } else if (isName(inner)) into.push({ value: inner });
    else if (inner === 'else') {
      if (!block || block.inElse) return { problem: '{{else}} is outside {{#if}}' };
      block.inElse = true;
    } else if (inner === '/if') {
      if (!block) return { problem: '{{/if}} has no {{#if}}' };
      open.pop();
      (open.at(-1)?.inElse ? open.at(-1)?.no : (open.at(-1)?.yes ?? top))?.push(block);
    } else {
      const condition = /^#if\s+(\S+)$/.exec(inner)?.[1];
      if (condition === undefined || !isName(condition))
        return {
          problem: `{{${inner}}} is unknown; there are ${names.map((name) => `{{${name}}}`).join(', ')} and {{#if …}}`,
        };
      open.push({ condition, yes: [], no: [], inElse: false });
    }
  }
  return open.length > 0 ? { problem: 'an {{#if}} is not closed with {{/if}}' } : top;
}

function fill(nodes: Node[], values: SubjectValues): string {
  return nodes
    .map((node) => {
      if (typeof node === 'string') return node;
      if ('value' in node) return String(values[node.value]);
      return fill(values[node.condition] ? node.yes : node.no, values);
    })
    .join('');
}

/** Undefined if `template` can be used, else its problem, in words for the publisher. */
export function checkSubjectTemplate(template: string): string | undefined {
  if (/\p{Cc}/u.test(template)) return 'it contains a line break or a control character';
  if (template.length > 300) return 'it is longer than 300 characters';
  const nodes = parse(template);
  if (!Array.isArray(nodes)) return nodes.problem;
  const sample = { newsletter: 'N', firstTitle: 'T', others: 1, count: 2, date: 'D' };
  return oneLine(fill(nodes, sample)) === '' ? 'it is empty' : undefined;
}

/**
 * The subject: one line, safe for a header, at most 120 characters. The first title is shortened before
 * anything else. An unusable template (of an old row, say) is replaced by the default: no mail waits for a
 * subject.
 */
export function fillSubject(template: string, values: SubjectValues): string {
  const given = parse(template);
  const nodes =
    Array.isArray(given) && checkSubjectTemplate(template) === undefined ? given : parse(defaultSubject);
  if (!Array.isArray(nodes)) throw new Error('the default subject is wrong');
  const fillWith = (firstTitle: string): string => oneLine(fill(nodes, { ...values, firstTitle }));
  const whole = fillWith(oneLine(values.firstTitle));
  if (whole.length <= longest) return whole;
  const room = longest - fillWith('').length;
  const shortened = room > 20 ? fillWith(cutAtWord(oneLine(values.firstTitle), room)) : whole;
  return cutAtWord(shortened, longest);
}

/** The subject without the newsletter's name at its start, for places that show the name above it. */
export function headlineOf(subject: string, newsletter: string): string {
  if (!subject.startsWith(newsletter)) return subject;
  return /^\s*[:–—-]\s+(\S.*)$/u.exec(subject.slice(newsletter.length))?.[1] ?? subject;
}
