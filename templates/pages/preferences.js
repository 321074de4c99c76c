// Preselects the browser's time zone if the reader has chosen none, and says so. Nothing is sent until they save.
const zone = document.querySelector('select[data-guess]');
const guess = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && guess) {
  const before = zone.selectedOptions[0];
  const found = optionFor(guess) ?? zone.appendChild(new Option(guess.replaceAll('_', ' '), guess));
  if (found !== before) {
    zone.value = found.value;
    document.getElementById('clock').textContent = zone.dataset.guess
      .replace('{zone}', found.textContent)
      .replace('{before}', before.textContent);
  }
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
