// The preview of the design follows what is typed. Without JavaScript, [Preview] shows it.
const form = document.querySelector('[data-look]');
const frames = document.querySelectorAll('.looks iframe');
const abouts = [...document.querySelectorAll('[data-about]')];

/** The subject and the size come from the page that the same fields make. A field that is wrong leaves all as it is. */
const show = async () => {
  // A file goes with the form only.
  const typed = [...new FormData(form)].filter(
    ([name, value]) => !['csrf', 'madeFrom'].includes(name) && typeof value === 'string',
  );
  const fields = new URLSearchParams(typed);
  const address = form.getAttribute('action');
  const answer = await fetch(`${address}?${fields}`);
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const shown = [...page.querySelectorAll('[data-about]')];
  if (!answer.ok || page.querySelector('.wrong') || shown.length !== abouts.length) return;
  for (const [at, about] of abouts.entries()) about.replaceChildren(...shown[at].childNodes);
  // Replacing the address adds no entry to the history.
  for (const frame of frames)
    frame.contentWindow.location.replace(`${address}/mail?${fields}&scheme=${frame.dataset.scheme}`);
};

/** Without the permission to change the design there is no form. */
if (form) {
  let waiting;
  form.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 400);
  });

  const picker = form.querySelector('[data-picks]');
  const typed = document.getElementById(picker.dataset.picks);
  picker.hidden = false;
  form.querySelector('.swatch').remove();
  picker.addEventListener('input', () => {
    typed.value = picker.value;
  });
  typed.addEventListener('input', () => {
    if (/^#[\da-f]{6}$/i.test(typed.value.trim())) picker.value = typed.value.trim();
  });
}
