// Subject lines from templates.
import { checkSubjectTemplate, defaultSubject, fillSubject } from '../../src/newsletters/subject-template.js';

const values = {
  newsletter: 'The Post',
  firstTitle: 'Tom & Jerry’s “<b>”',
  others: 4,
  count: 5,
  date: '23 November 2026',
};

test('the default names the first post and how many more', () => {
  expect(fillSubject(defaultSubject, values)).toBe('Tom & Jerry’s “<b>” and 4 more');
  expect(fillSubject(defaultSubject, { ...values, others: 0 })).toBe('Tom & Jerry’s “<b>”');
});

test('conditions nest and have an else', () => {
  const template =
    '{{date}}{{#if others}}, {{#if count}}{{count}}{{else}}no{{/if}} posts{{else}}, one post{{/if}}';
  expect(checkSubjectTemplate(template)).toBeUndefined();
  expect(fillSubject(template, values)).toBe('23 November 2026, 5 posts');
  expect(fillSubject(template, { ...values, others: 0 })).toBe('23 November 2026, one post');
});

test.each([
  ['{{newsletter', 'no partner'],
  ['}} {{newsletter}}', 'no partner'],
  ['{{title}}', '{{title}} is unknown'],
  ['{{{firstTitle}}}', 'is unknown'],
  ['{{lookup this "constructor"}}', 'is unknown'],
  ['{{#if others}} more', 'not closed'],
  ['{{/if}}', 'has no {{#if}}'],
  ['{{else}}', 'outside'],
  ['{{#each posts}}x{{/each}}', 'is unknown'],
  ['{{#if others}}x{{else}}y{{else}}z{{/if}}', 'outside'],
  ['a\r\nBcc: x', 'line break'],
  ['  ', 'empty'],
  ['x'.repeat(301), '300'],
])('%j is refused with the reason, and a mail that has it is sent with the default', (template, reason) => {
  expect(checkSubjectTemplate(template)).toContain(reason);
  expect(fillSubject(template, values)).toBe('Tom & Jerry’s “<b>” and 4 more');
});

test('a title is not read as a template', () => {
  expect(fillSubject('{{firstTitle}}', { ...values, firstTitle: '{{newsletter}} {{#if x}}' })).toBe(
    '{{newsletter}} {{#if x}}',
  );
});

test('a long title is cut after a word, and the rest of the subject stays', () => {
  const subject = fillSubject(defaultSubject, { ...values, firstTitle: 'Long words everywhere '.repeat(20) });
  expect(subject.length).toBeLessThanOrEqual(120);
  expect(subject).toMatch(/^Long words .*(Long|words|everywhere)… and 4 more$/);
  expect(fillSubject('{{firstTitle}}', { ...values, firstTitle: '海'.repeat(300) })).toHaveLength(120);
  expect(fillSubject('x'.repeat(300), values)).toMatch(/^x{119}…$/);
});
