// Helps with the first run. Every act works without it.
const form = document.querySelector('[data-first-run]');

// The browser's time zone is the likeliest for a new newsletter.
form.elements.namedItem('zone').value = Intl.DateTimeFormat().resolvedOptions().timeZone;

// Reading a site takes seconds.
form.addEventListener('submit', ({ submitter }) => {
  if (submitter?.dataset.busy) submitter.textContent = submitter.dataset.busy;
});

// Coming back shows the page as it was left.
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload();
});

// The preview follows the fields that it shows.
let asked = 0;
document.querySelector('[data-live]')?.addEventListener('change', ({ target }) => {
  // The page that answers has the uploaded logo among its choices.
  if (target.type === 'file') form.requestSubmit(form.querySelector('[value="preview"]'));
  else void follow();
});

async function follow() {
  asked += 1;
  const mine = asked;
  const fields = new URLSearchParams(new FormData(form));
  fields.delete('file');
  fields.set('do', 'preview');
  const answer = await fetch(form.getAttribute('action'), { method: 'POST', body: fields }).catch(
    () => undefined,
  );
  // A later change has asked since.
  if (!answer?.ok || mine !== asked) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const isChecked = (id) => document.getElementById(id)?.checked ?? false;
  const screen = ['phone', 'dark'].map((id) => [id, isChecked(id)]);
  for (const selector of ['#preview', '.swatch']) {
    const [old, fresh] = [document.querySelector(selector), page.querySelector(selector)];
    if (old && fresh) old.replaceWith(fresh);
  }
  for (const [id, checked] of screen) {
    const box = document.getElementById(id);
    if (box) box.checked = checked;
  }
}
