// Before a form is sent, asks whether a challenge has to be solved first, and solves it: from when the reader begins to
// type, so that nobody waits. Nothing to click, nothing to read; where it fails, the form is sent without.
import { solve } from './solve.js';

/** A solution is good for twenty minutes; one that is older than this is made anew. */
const fresh = 10 * 60_000;

for (const form of document.querySelectorAll('form[data-challenge]')) {
  let solution;
  let begun = 0;

  const ask = async () => {
    const answer = await fetch(form.dataset.challenge, { headers: { Accept: 'application/json' } });
    return answer.status === 200 ? solve(await answer.json()) : undefined;
  };
  const begin = () => {
    if (solution === undefined || Date.now() - begun > fresh) {
      begun = Date.now();
      solution = ask().catch(() => undefined);
    }
    return solution;
  };

  form.addEventListener('focusin', begin);
  form.addEventListener('submit', async (event) => {
    if (form.dataset.sending === 'now') return;
    event.preventDefault();
    if (form.dataset.sending === 'soon') return;
    form.dataset.sending = 'soon';
    form.setAttribute('aria-busy', 'true');
    const field =
      form.querySelector('[name=altcha]') ??
      Object.assign(document.createElement('input'), { type: 'hidden', name: 'altcha' });
    field.value = (await begin()) ?? '';
    form.append(field);
    // A form is not sent while its own event is being handled, as it may still be when the solution was there already.
    await new Promise((resolve) => setTimeout(resolve));
    form.dataset.sending = 'now';
    form.requestSubmit(event.submitter);
  });

  // Back from the next page: what was used up is made anew.
  addEventListener('pageshow', () => {
    solution = undefined;
    delete form.dataset.sending;
    form.removeAttribute('aria-busy');
  });

  // The form came back because a challenge was wanted.
  if (form.querySelector('[role=alert]')) void begin();
}
