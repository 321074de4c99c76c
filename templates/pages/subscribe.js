// Asks the reader about a likely mistake in the address, if the form has the text for it. Only the reader changes it.
import './challenge.js';
import { suggestionFor } from './domain-hint.js';

for (const form of document.querySelectorAll('form.subscribe')) {
  const email = form.elements.namedItem('email');
  const hint = form.querySelector('[data-hint]');
  const [before, after] = hint.dataset.hint.split('{address}');

  const ask = () => {
    const suggestion = suggestionFor(email.value.trim());
    if (suggestion === undefined) return hint.replaceChildren();
    const use = Object.assign(document.createElement('button'), { type: 'button', textContent: suggestion });
    use.addEventListener('click', () => {
      email.value = suggestion;
      hint.replaceChildren();
      email.focus();
    });
    return hint.replaceChildren(before, use, after ?? '');
  };

  email.addEventListener('change', ask);
  email.addEventListener('input', () => hint.replaceChildren());
  if (email.value !== '') ask();
}
