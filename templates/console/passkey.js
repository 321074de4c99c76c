// Asks the browser for a passkey, and sends the form with what it brings. Each form names the address of its options, and has
// the sentences for what may go wrong (passkey.hbs).
const credentials = window.PublicKeyCredential;

for (const form of document.querySelectorAll('[data-passkey]')) {
  const { passkey, none, failed, known, elsewhere } = form.dataset;
  if (!credentials?.parseRequestOptionsFromJSON) {
    form.before(Object.assign(document.createElement('p'), { className: 'hint', textContent: none }));
    continue;
  }
  form.hidden = false;
  const wrong = form.querySelector('[role=alert]');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    wrong.textContent = '';
    try {
      // Only now: the page may have been open for longer than a challenge lasts.
      const options = await (await fetch(passkey)).json();
      const made = options.user
        ? await navigator.credentials.create({ publicKey: credentials.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: credentials.parseRequestOptionsFromJSON(options) });
      form.elements.passkey.value = JSON.stringify(made.toJSON());
      form.submit();
    } catch ({ name }) {
      // No JSON: the session has ended, and the answer was the sign-in page.
      if (name === 'SyntaxError') location.assign(location.href);
      wrong.textContent = { InvalidStateError: known, SecurityError: elsewhere }[name] ?? failed;
    }
  });
}
