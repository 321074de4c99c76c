// The subscribe form for any site: <script src="…/n/<newsletter>/embed.js" async> puts it where it stands.
// It loads nothing (in an attack, solve.js) and stores nothing; it takes font and colours from the site, and
// --daily-digest-accent and --daily-digest-on-accent colour the button. Where it cannot send, it leads to the hosted page.
(() => {
  // Filled in by the server: {name, script, solver, page, action, wording, wordingVersion}.
  const newsletter = 'NEWSLETTER';
  const patience = 20_000; // ms

  const style = `
    .daily-digest { max-width: 30rem; text-align: start; }
    .daily-digest p { margin: 0 0 .75em; }
    .daily-digest p:empty { margin: 0; }
    .daily-digest label { display: block; margin: 0 0 .25em; font-weight: 600; }
    .daily-digest input { box-sizing: border-box; width: 100%; min-height: 2.75em; margin: 0; padding: .5em .75em;
      border: 1px solid #767676; border-radius: .375em; background: Field; color: FieldText; font: inherit; }
    .daily-digest input[aria-invalid=true] { border: 2px solid #c62828; }
    .daily-digest button { padding: .65em 1.4em; border: 1px solid currentcolor; border-radius: .375em; font: inherit;
      font-weight: 600; cursor: pointer; background: var(--daily-digest-accent, #0b5a78);
      color: var(--daily-digest-on-accent, #fff); }
    .daily-digest button[aria-disabled=true] { opacity: .6; cursor: progress; }
    .daily-digest .daily-digest-hint button { padding: 0; border: 0; background: none; color: inherit;
      text-decoration: underline; overflow-wrap: anywhere; }
    .daily-digest .daily-digest-wording { font-size: .875em; }
    .daily-digest .daily-digest-says { outline: none; overflow-wrap: anywhere; }
    .daily-digest .daily-digest-says[data-kind=problem] { padding-inline-start: .75em; border-inline-start: .25em solid #c62828; }
    .daily-digest .daily-digest-says[data-kind=done] { padding-inline-start: .75em; border-inline-start: .25em solid #2e7d32; }`;

  // Where most readers are, and hosts that are one slip away from these and are meant.
  const common =
    'gmail.com googlemail.com yahoo.com hotmail.com outlook.com icloud.com protonmail.com comcast.net yahoo.co.uk hotmail.co.uk btinternet.com t-online.de wanadoo.fr laposte.net'.split(
      ' ',
    );
  const meant = [...common, 'mail.com', 'email.com', 'ymail.com', 'fmail.com'];

  /** Whether two words are one slip apart: a letter missing, doubled or wrong, or two of them swapped. */
  const areOneSlipApart = (a, b) => {
    let at = 0;
    while (at < a.length && a[at] === b[at]) at += 1;
    const same = (skipA, skipB) => a.slice(at + skipA) === b.slice(at + skipB);
    const swapped = a[at] === b[at + 1] && a[at + 1] === b[at] && same(2, 2);
    return a !== b && (swapped || same(1, 1) || same(1, 0) || same(0, 1));
  };

  /** The address that may have been meant, or undefined. Only ever shown: the reader knows best. */
  const suggestionFor = (address) => {
    const at = address.lastIndexOf('@') + 1;
    const domain = address.slice(at).toLowerCase();
    if (at < 2 || meant.includes(domain)) return undefined;
    const close = common.find((known) => areOneSlipApart(domain, known));
    return close && address.slice(0, at) + close;
  };

  const make = (name, properties = {}, children = []) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(properties))
      if (key in element) element[key] = value;
      else element.setAttribute(key, value);
    element.append(...children);
    return element;
  };

  /** A style sheet made here is allowed by policies that forbid style elements. */
  const addStyle = () => {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(style);
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    } catch {
      document.head.append(make('style', { textContent: style }));
    }
  };

  const putForm = (place) => {
    const forms = document.querySelectorAll('.daily-digest').length;
    if (forms === 0) addStyle();
    const id = `daily-digest-${forms + 1}`;

    const email = make('input', {
      id,
      type: 'email',
      name: 'email',
      required: true,
      maxLength: 254,
      autocomplete: 'email',
      autocapitalize: 'none',
      spellcheck: false,
      'aria-describedby': `${id}-says`,
    });
    const hint = make('p', { className: 'daily-digest-hint', 'aria-live': 'polite' });
    const trap = make('input', {
      name: 'website',
      tabIndex: -1,
      autocomplete: 'off',
      'aria-label': 'Leave this empty',
    });
    const hidden = make('div', { 'aria-hidden': 'true' }, [trap]);
    // Not in the style sheet: without that the form is plain, and must still not ask people for this.
    hidden.style.cssText = 'position:absolute;left:-200vw;width:1px;height:1px;overflow:hidden';
    const button = make('button', { type: 'submit', textContent: 'Subscribe' });
    const says = make('p', {
      id: `${id}-says`,
      className: 'daily-digest-says',
      role: 'status',
      tabIndex: -1,
    });
    const form = make(
      'form',
      // Where this script fails, the browser sends the form itself.
      { className: 'daily-digest', action: newsletter.action, method: 'post', noValidate: true },
      [
        make('p', {}, [make('label', { htmlFor: id, textContent: 'Your e-mail address' }), email]),
        hint,
        hidden,
        make('input', { type: 'hidden', name: 'wording', value: newsletter.wordingVersion }),
        make('p', { className: 'daily-digest-wording', textContent: newsletter.wording }),
        make('p', {}, [button]),
        says,
      ],
    );

    const say = (kind, ...words) => {
      says.dataset.kind = kind;
      says.replaceChildren(...words);
    };

    const refuse = (words) => {
      email.setAttribute('aria-invalid', 'true');
      say('problem', words);
      email.focus();
    };

    const giveUp = (words) => {
      const link = make('a', { href: newsletter.page, textContent: `the page of ${newsletter.name}` });
      say('problem', `${words} You can also subscribe on `, link, '.');
    };

    const finish = (address) => {
      say(
        'done',
        `Check your inbox: we have written to ${address}. Open the message and press its button, and ${newsletter.name} is yours.`,
      );
      form.replaceChildren(says);
      // The button that had the focus is gone.
      says.focus();
    };

    const post = (address, altcha) =>
      fetch(newsletter.action, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
        body: JSON.stringify({
          email: address,
          website: trap.value,
          wording: newsletter.wordingVersion,
          altcha,
        }),
        credentials: 'omit',
        signal: AbortSignal.timeout(patience),
      });

    const send = async (address) => {
      try {
        let response = await post(address);
        // So many requests come in that a challenge has to be solved first.
        if (response.status === 403) {
          const { solve } = await import(newsletter.solver);
          const challenge = await fetch(`${newsletter.page}/challenge`, { credentials: 'omit' });
          response = await post(address, await solve(await challenge.json()));
        }
        if (response.ok) return finish(address);
        const { detail } = await response.json();
        if (response.status === 400) return refuse(detail);
        return giveUp(response.status === 429 ? detail : 'That did not work just now.');
      } catch {
        // No network, a blocked address, or a policy of this site.
        return giveUp('That did not work just now.');
      }
    };

    email.addEventListener('input', () => {
      email.removeAttribute('aria-invalid');
      hint.replaceChildren();
    });

    email.addEventListener('change', () => {
      const suggestion = suggestionFor(email.value.trim());
      if (suggestion === undefined) return hint.replaceChildren();
      const use = make('button', { type: 'button', textContent: suggestion });
      use.addEventListener('click', () => {
        email.value = suggestion;
        hint.replaceChildren();
        email.focus();
      });
      return hint.replaceChildren('Did you mean ', use, '?');
    });

    let waiting = false;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (waiting) return;
      const address = email.value.trim();
      if (address === '' || !email.validity.valid) {
        refuse('Please enter your e-mail address, such as name@example.org.');
        return;
      }
      waiting = true;
      email.removeAttribute('aria-invalid');
      button.setAttribute('aria-disabled', 'true');
      say('waiting', 'One moment …');
      void send(address).finally(() => {
        waiting = false;
        button.removeAttribute('aria-disabled');
      });
    });

    place.after(form);
  };

  // Plug-ins that delay scripts leave no current one.
  const place =
    document.currentScript ??
    [...document.querySelectorAll('script[src]')].find(
      ({ src, nextElementSibling }) =>
        src.startsWith(newsletter.script) && !nextElementSibling?.matches('.daily-digest'),
    );
  if (place) putForm(place);
})();
