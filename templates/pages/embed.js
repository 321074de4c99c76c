// The subscribe form for any site. <script src="…/n/<newsletter>/embed.js" async> puts the form in its place.
//
// `npm run build` bundles and minifies this file. It loads nothing (in an attack, solve.js) and stores nothing.
// The form is the one of our pages, in a shadow tree: the site's style sheet does not reach it, and it inherits
// font and colours from the site. --daily-digest-accent and --daily-digest-on-accent colour the button. If it
// cannot send, it links to our page.
import { suggestionFor } from '../../src/joining/domain-hint.ts';
import style from './embed.css';

// The server replaces this name with the values of one newsletter: EmbedValues in src/joining/embed.ts.
const newsletter = NEWSLETTER;
const milliseconds = 20_000;
const { words } = newsletter;

/** A text with elements in the places that it names: fill('Did you mean {address}?', { address: button }). */
const fill = (text, parts) => text.split(/\{(\w+)\}/).map((part, at) => (at % 2 ? parts[part] : part));

const make = (name, properties) => Object.assign(document.createElement(name), properties);

/** A style sheet made here is allowed by policies that forbid style elements. */
const addStyle = (root) => {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
  } catch {
    root.append(make('style', { textContent: style }));
  }
};

/** Sites that want types for what becomes HTML get one; those that allow none for us throw. */
const html = () => {
  const policy = window.trustedTypes?.createPolicy('daily-digest', { createHTML: (text) => text });
  return policy ? policy.createHTML(newsletter.html) : newsletter.html;
};

const linkToPage = () => make('a', { href: newsletter.page, textContent: words.page });

const putForm = (place) => {
  const host = make('div', {
    className: 'daily-digest',
    lang: newsletter.language,
    dir: newsletter.direction,
  });
  place.after(host);
  try {
    const root = host.attachShadow({ mode: 'open' });
    addStyle(root);
    root.append(make('div'));
    root.lastChild.innerHTML = html();
    begin(root.querySelector('form'));
  } catch {
    host.remove();
    place.after(linkToPage());
  }
};

const begin = (form) => {
  const { email, website } = form.elements;
  const hint = form.querySelector('.hint');
  const button = form.querySelector('[type=submit]');
  const says = make('p', { className: 'says', role: 'status', tabIndex: -1 });
  form.append(says);
  // Where the site allows no style sheet of ours the form is plain, and must still not ask people for this.
  website.parentElement.style.cssText =
    'position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)';
  form.noValidate = true;
  form.style.setProperty('--brand', newsletter.button.accent);
  form.style.setProperty('--on-brand', newsletter.button.onAccent);

  const say = (kind, ...parts) => {
    says.dataset.kind = kind;
    says.replaceChildren(...parts);
  };

  const refuse = (input, problem) => {
    input.setAttribute('aria-invalid', 'true');
    say('problem', problem);
    input.focus();
  };

  const giveUp = (problem) => say('problem', problem, ' ', ...fill(words.instead, { page: linkToPage() }));

  const finish = () => {
    say('done', words.thanks, ...fill(words.done, { email: email.value.trim() }));
    form.replaceChildren(says);
    // The button that had the focus is gone.
    says.focus();
  };

  /** The input that a problem is about; of a box with a hidden one before it, the box. Not there: we ask more by now. */
  const inputOf = (name) => [...form.elements].findLast((input) => input.name === name);

  const post = (more) =>
    fetch(form.action, {
      method: 'POST',
      headers: { Accept: 'application/json' },
      body: new URLSearchParams([...new FormData(form), ...Object.entries(more)]),
      credentials: 'omit',
      signal: AbortSignal.timeout(milliseconds),
    });

  const send = async () => {
    try {
      const { page, solver } = newsletter;
      let response = await post({});
      // So many requests come in that a challenge has to be solved first.
      if (response.status === 403) {
        const { solve } = await import(solver);
        const challenge = await fetch(`${page}/challenge`, { credentials: 'omit' });
        response = await post({ altcha: await solve(await challenge.json()) });
      }
      if (response.ok) return finish();
      const { detail, errors } = await response.json();
      const input = response.status === 400 && inputOf(errors?.[0]?.path);
      if (input) return refuse(input, detail);
      return giveUp(response.status < 500 ? detail : words.failed);
    } catch {
      // No network, a blocked address, or a policy of this site.
      return giveUp(words.failed);
    }
  };

  form.addEventListener('input', ({ target }) => {
    target.removeAttribute('aria-invalid');
    if (target === email) hint.replaceChildren();
  });

  email.addEventListener('change', () => {
    const suggestion = suggestionFor(email.value.trim());
    if (suggestion === undefined) return hint.replaceChildren();
    const address = make('button', { type: 'button', textContent: suggestion });
    address.addEventListener('click', () => {
      email.value = suggestion;
      hint.replaceChildren();
      email.focus();
    });
    return hint.replaceChildren(...fill(hint.dataset.hint, { address }));
  });

  let waiting = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (waiting) return;
    const wrong = form.querySelector('input:invalid, select:invalid');
    if (wrong) {
      const label = wrong.labels[0].textContent.trim();
      refuse(wrong, wrong === email ? words.address : `${label}: ${wrong.validationMessage}`);
      return;
    }
    waiting = true;
    button.setAttribute('aria-disabled', 'true');
    say('waiting', words.waiting);
    void send().finally(() => {
      waiting = false;
      button.removeAttribute('aria-disabled');
    });
  });
};

// Plug-ins that delay scripts leave no current one.
const place =
  document.currentScript ??
  [...document.querySelectorAll('script[src]')].find(
    ({ src, nextElementSibling }) =>
      src.startsWith(`${newsletter.page}/embed.js`) && !nextElementSibling?.matches('.daily-digest'),
  );
if (place) putForm(place);
