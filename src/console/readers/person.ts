// The form of a reader's name and language.
import type { Request } from 'express';
import type { MessageKey } from '../../languages/messages.js';
import type { Translator } from '../../languages/translate.js';
import { parseName } from '../../subscribers/address.js';
import type { SubscriberView } from '../../subscribers/subscriber-view.js';
import type { UpdateSubscriberInput } from '../../subscribers/update-subscriber.js';
import { formField } from '../form-field.js';
import { fieldChangesInWords } from '../newsletter-form.js';
import type { Again } from '../saving/save-form.js';

const fieldKeys = { name: 'readers.name', language: 'readers.languageOf' } as const satisfies Record<
  string,
  MessageKey
>;
type PersonField = keyof typeof fieldKeys;

export interface PersonForm {
  typed: Readonly<Record<PersonField, string>>;
  wrong: Partial<Record<PersonField, string>>;
  patch: Pick<UpdateSubscriberInput, PersonField> | undefined;
}

export type PersonAgain = Again<PersonForm, SubscriberView, PersonField>;

export const personTyped = ({ name, language }: Pick<SubscriberView, PersonField>): PersonForm['typed'] => ({
  name: name ?? '',
  language: language ?? '',
});

export function readPersonForm(req: Request, { say }: Translator): PersonForm {
  const typed = { name: formField(req, 'name'), language: formField(req, 'language') };
  const named = parseName(typed.name);
  if (!named.ok) return { typed, wrong: { name: say(named.reason) }, patch: undefined };
  return { typed, wrong: {}, patch: { name: typed.name || null, language: typed.language || null } };
}

/** "German" for de, in the language of the page. */
export const languageNamed = (tag: string | null, { locale }: Translator): string | undefined =>
  tag === null ? undefined : new Intl.DisplayNames([locale], { type: 'language' }).of(tag);

export const personChanges = (changed: PersonAgain['changed'], words: Translator): string[] =>
  fieldChangesInWords(
    changed,
    {
      names: { name: words.t(fieldKeys.name), language: words.t(fieldKeys.language) },
      inWords: (field, value) =>
        field === 'language' && value !== '' ? (languageNamed(value, words) ?? value) : value,
    },
    words,
  );
