// Reads a plot point by point: with the arrow keys in a range field below it, or by pointing at it. The numbers are
// those of the plot's table.
const svg = 'http://www.w3.org/2000/svg';
for (const figure of document.querySelectorAll('[data-plot]')) read(figure);

function read(figure) {
  const picture = figure.querySelector('svg');
  const heads = [...figure.querySelectorAll('thead th')].slice(1).map((head) => head.textContent);
  const rows = [...figure.querySelectorAll('tbody tr')].map((row) => {
    const [day, ...cells] = [...row.children].map((cell) => cell.textContent);
    const words = `${day}: ${cells.map((cell, at) => `${heads[at]} ${cell}`).join(', ')}`;
    return { place: Number(row.dataset.at), words };
  });
  if (rows.length < 2) return;
  const range = document.createElement('input');
  range.type = 'range';
  range.max = String(rows.length - 1);
  range.value = range.max;
  range.setAttribute('aria-label', figure.dataset.read);
  const said = document.createElement('output');
  const mark = document.createElementNS(svg, 'line');
  mark.setAttribute('class', 'mark');
  mark.setAttribute('y2', '100%');
  const say = () => {
    const { place, words } = rows[Number(range.value)];
    range.setAttribute('aria-valuetext', words);
    said.textContent = words;
    return place;
  };
  const show = () => {
    const place = say();
    for (const end of ['x1', 'x2']) mark.setAttribute(end, `${place}%`);
    if (!mark.isConnected) picture.append(mark);
  };
  say();
  range.addEventListener('input', show);
  range.addEventListener('focus', show);
  picture.addEventListener('pointermove', ({ clientX }) => {
    const { left, width } = picture.getBoundingClientRect();
    const far = ({ place }) => Math.abs(place - ((clientX - left) / width) * 100);
    range.value = String(rows.indexOf(rows.toSorted((a, b) => far(a) - far(b))[0]));
    show();
  });
  const reading = document.createElement('div');
  reading.className = 'reading';
  reading.append(range, said);
  figure.querySelector('details').before(reading);
}
