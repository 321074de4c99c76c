// A button that chooses the browser's time zone, shown if the form has another. Nothing is sent until they save.
const zone = document.getElementById('zone');
const here = document.getElementById('here');
const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && here && name) {
  const stored = zone.selectedOptions[0];
  const own = optionFor(name) ?? new Option(name.replaceAll('_', ' '), name);
  const clock = document.getElementById('clock');
  const show = () => {
    here.hidden = zone.value === own.value;
  };
  here.addEventListener('click', () => {
    if (!own.parentElement) zone.append(own);
    zone.value = own.value;
    clock.textContent = here.dataset.chosen
      .replace('{zone}', own.textContent)
      .replace('{before}', stored.textContent);
    show();
    zone.focus();
  });
  zone.addEventListener('change', show);
  show();
}

/** Browsers use other names for some zones: Asia/Calcutta for Asia/Kolkata. */
function optionFor(name) {
  const options = [...zone.options];
  const canonical = (timeZone) => new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone;
  const same = ({ value }) => {
    try {
      return canonical(value) === name;
    } catch {
      return false;
    }
  };
  return options.find(({ value }) => value === name) ?? options.find(same);
}
