// Asks whether a form needs a challenge, and solves it. It starts when the reader begins to type, so that nobody waits.
// The reader sees and clicks nothing. If it fails, the form is sent without a solution.
import { solve } from './solve.js';

/** A solution is valid for twenty minutes. One that is older than this is replaced. */
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
    // A form cannot be sent while its submit event is being handled. If the solution was ready, that is still the case.
    await new Promise((resolve) => setTimeout(resolve));
    form.dataset.sending = 'now';
    form.requestSubmit(event.submitter);
  });

  // The reader came back from the next page: the solution is used up, so make a new one.
  addEventListener('pageshow', () => {
    solution = undefined;
    delete form.dataset.sending;
    form.removeAttribute('aria-busy');
  });

  // The server returned the form because it needs a challenge.
  if (form.querySelector('[role=alert]')) void begin();
}
