// Updates the counts of an issue. Without JavaScript the page refreshes itself. Without events it reloads.
const head = document.querySelector('[data-issue]');
let leftAt = -Infinity;
addEventListener('beforeunload', () => {
  leftAt = performance.now();
});
if (head && head.dataset.over === undefined) follow(head);

// A reload would end a navigation that the person has just begun. A download is one too, and leaves the page open.
function reload() {
  const wait = leftAt + 10_000 - performance.now();
  if (wait > 0) setTimeout(reload, wait);
  else location.reload();
}

function follow({ dataset: { issue, status } }) {
  const events = new EventSource(`/console/issues/${issue}/events`);
  events.addEventListener('counts', ({ data }) => show(JSON.parse(data), status));
  events.addEventListener('over', () => {
    events.close();
    reload();
  });
  events.addEventListener('error', () => {
    // CLOSED: the server refused (signed out, deleted). After other errors the browser reconnects by itself.
    if (events.readyState === EventSource.CLOSED) setTimeout(reload, 5000);
  });
}

function show(issue, statusThen) {
  const { counts } = issue;
  const words = document.getElementById('progress-count');
  // Buttons and panels depend on the status.
  if (issue.status !== statusThen || (issue.startedAt && !words)) {
    reload();
    return;
  }
  if (!words) return;
  for (const cell of document.querySelectorAll('[data-stat]'))
    cell.textContent = inWords(counts[cell.dataset.stat]);
  const of = counts.candidates - counts.excluded;
  const done = of - counts.queued - counts.sending - counts.deferred;
  // All from the same counts. The page that refresh() fetches is older or newer.
  words.textContent = fill(words.dataset.words, { done: inWords(done), of: inWords(of) });
  const pace = document.getElementById('pace');
  if (pace) pace.textContent = paceInWords(issue, pace.dataset);
  moveBar(counts, Math.max(1, of));
  void refresh();
}

const inWords = (number) => number.toLocaleString(document.documentElement.lang || 'en');
const fill = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name]);

function paceInWords({ ratePerSecond: rate, etaSeconds: left }, { pace, paceAndLeft }) {
  if (!rate) return '';
  const values = { rate: inWords(rate < 10 ? rate : Math.round(rate)) };
  if (left === null) return `, ${fill(pace, values)}`;
  const [value, unit] =
    left < 120 ? [left, 'second'] : left < 7200 ? [left / 60, 'minute'] : [left / 3600, 'hour'];
  const style = { style: 'unit', unit, unitDisplay: 'short' };
  const time = Math.round(value).toLocaleString(document.documentElement.lang || 'en', style);
  return `, ${fill(paceAndLeft, { ...values, time })}`;
}

/** The parts of the bar beside one another, and the words of those that are not zero. */
function moveBar(counts, of) {
  let x = 0;
  for (const part of document.querySelectorAll('[data-part]')) {
    const count = counts[part.dataset.part];
    if (part.tagName.toLowerCase() !== 'rect') {
      part.hidden = count === 0;
      continue;
    }
    part.setAttribute('x', `${x}%`);
    part.setAttribute('width', `${(100 * count) / of}%`);
    x += (100 * count) / of;
  }
}

// The server writes these parts of the page. Replace them every few seconds.
const parts = ['hand-overs', 'problems', 'relays'];
let next = 0;

async function refresh() {
  if (Date.now() < next) return;
  next = Date.now() + 3000;
  const answer = await fetch(location.href).catch(() => undefined);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const id of parts) {
    const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
    if (!old || !fresh) continue;
    for (const { id: open } of old.querySelectorAll('details[open]'))
      fresh.querySelector(`#${open}`)?.setAttribute('open', '');
    old.replaceWith(fresh);
  }
}

// Update the progress of a running import. When it ends, reload, because the rest of the page changes too.
const underWay = document.querySelector('[data-refresh]');
if (underWay) setTimeout(() => void watch(underWay), 1000);

async function watch(old) {
  const answer = await fetch(location.href).catch(() => undefined);
  const text = answer?.ok ? await answer.text() : '';
  const fresh = new DOMParser().parseFromString(text, 'text/html').getElementById(old.id);
  if (fresh && fresh.dataset.refresh === undefined) return reload();
  if (fresh) old.replaceWith(fresh);
  setTimeout(() => void watch(fresh ?? old), 1000);
}

// Select all rows of a table at once.
const all = document.querySelector('[data-all]');
if (all) all.hidden = false;
all?.addEventListener('change', () => {
  for (const box of document.querySelectorAll(`input[type=checkbox][form=${all.dataset.all}]`))
    box.checked = all.checked;
});

// The slash key goes to the search, as in mail programs.
addEventListener('keydown', (event) => {
  const isTyping = event.target.closest?.('input, textarea, select, [contenteditable]');
  if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const search = document.querySelector('main input[type=search]');
  if (!search) return;
  event.preventDefault();
  search.focus();
});

// Show the progress of an upload. Without JavaScript the browser shows it in its status bar.
const upload = document.querySelector('[data-upload]');
upload?.addEventListener('submit', (event) => {
  event.preventDefault();
  const request = new XMLHttpRequest();
  const buttons = upload.querySelectorAll('button');
  upload.querySelector('.wrong')?.remove();
  const bar = upload.appendChild(progressBar());
  const [progress, words] = [bar.querySelector('progress'), bar.querySelector('output')];
  const stop = (text) => {
    const wrong = document.createElement('p');
    wrong.className = 'wrong';
    wrong.setAttribute('role', 'alert');
    wrong.textContent = text;
    bar.replaceWith(wrong);
    for (const button of buttons) button.disabled = false;
  };
  request.upload.addEventListener('progress', ({ loaded, total }) => {
    progress.max = total;
    progress.value = loaded;
    words.textContent = `${Math.floor((100 * loaded) / total)} %`;
  });
  request.addEventListener('load', () => {
    // The response is the page of the import, or this page with a problem.
    if (request.status === 200) return location.assign(request.responseURL);
    const page = new DOMParser().parseFromString(request.responseText, 'text/html');
    const problem = page.querySelector('.alert p') ?? page.querySelector('main p');
    stop(problem?.textContent ?? upload.dataset.unreadable);
  });
  request.addEventListener('error', () => stop(upload.dataset.lost));
  // Without the attribute, the property formAction is the address of this page.
  request.open('POST', event.submitter?.getAttribute('formaction') ?? upload.getAttribute('action'));
  request.send(new FormData(upload));
  for (const button of buttons) button.disabled = true;
});

function progressBar() {
  const bar = document.createElement('div');
  bar.className = 'progress after';
  bar.innerHTML =
    '<label for="upload-progress"></label><progress id="upload-progress" max="1" value="0"></progress><output role="status"></output>';
  bar.querySelector('label').textContent = upload.dataset.upload;
  return bar;
}
