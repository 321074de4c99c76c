// Rows of an issue that is edited can be dragged. Without JavaScript, numbers and buttons order them. The subject says its length.
const rows = document.querySelector('[data-rows]');

const number = () => {
  for (const [at, place] of [...rows.querySelectorAll('.place')].entries()) place.value = at + 1;
};

if (rows) {
  let dragged;
  for (const row of rows.children) {
    // Only its head starts a drag: text in the fields below can be selected.
    row.querySelector('.row-head').draggable = true;
    row.addEventListener('dragstart', (event) => {
      dragged = row;
      event.dataTransfer.effectAllowed = 'move';
    });
    row.addEventListener('dragover', (event) => {
      if (!dragged || dragged === row) return;
      event.preventDefault();
      const { top, height } = row.getBoundingClientRect();
      if (event.clientY < top + height / 2) row.before(dragged);
      else row.after(dragged);
    });
    row.addEventListener('dragend', () => {
      dragged = undefined;
      number();
    });
  }
  // Alt and an arrow move the row that has the focus.
  rows.addEventListener('keydown', (event) => {
    const row = event.target.closest('li');
    if (!event.altKey || !['ArrowUp', 'ArrowDown'].includes(event.key)) return;
    event.preventDefault();
    const other = event.key === 'ArrowUp' ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    if (event.key === 'ArrowUp') other.before(row);
    else other.after(row);
    number();
    event.target.focus();
  });
}

const subject = document.getElementById('subject');
const length = document.getElementById('subject-length');

// A placeholder has its length only in the mail.
function sayLength() {
  const typed = subject.value.trim();
  const { words, most } = length.dataset;
  const values = { length: [...new Intl.Segmenter().segment(typed)].length, most: Number(most) };
  length.hidden = typed === '' || typed.includes('{{');
  length.textContent = words.replace(/\{(\w+)\}/g, (_, name) =>
    values[name].toLocaleString(document.documentElement.lang || 'en'),
  );
}

if (subject && length) {
  subject.addEventListener('input', sayLength);
  sayLength();
}
