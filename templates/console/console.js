// The counts of an issue as they move. Without JavaScript the page refreshes itself; without events it reloads.
const head = document.querySelector('[data-issue]');
if (head && head.dataset.over === undefined) follow(head);

function follow({ dataset: { issue, status } }) {
  const events = new EventSource(`/console/issues/${issue}/events`);
  events.addEventListener('counts', ({ data }) => show(JSON.parse(data), status));
  events.addEventListener('over', () => {
    events.close();
    location.reload();
  });
  events.addEventListener('error', () => {
    // CLOSED: the server said no (signed out, gone). While it only connects again, the browser does that by itself.
    if (events.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
  });
}

function show(issue, statusThen) {
  const { counts } = issue;
  const bar = document.getElementById('progress');
  // The page has another shape in another state: buttons, panels.
  if (issue.status !== statusThen || (issue.startedAt && !bar)) {
    location.reload();
    return;
  }
  for (const cell of document.querySelectorAll('[data-stat]')) {
    const count = counts[cell.dataset.stat];
    cell.textContent = count.toLocaleString('en-GB');
  }
  if (!bar) return;
  const of = counts.candidates - counts.excluded;
  const done = of - counts.queued - counts.sending - counts.deferred;
  bar.max = Math.max(1, of);
  bar.value = done;
  void refresh();
}

// What the server has words for, it writes; these parts of the page are taken from it anew every few seconds.
const parts = ['progress-words', 'hand-overs'];
let next = 0;

async function refresh() {
  if (Date.now() < next) return;
  next = Date.now() + 3000;
  const answer = await fetch(location.href).catch(() => undefined);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const id of parts) {
    const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
    if (old && fresh) old.replaceWith(fresh);
  }
}

// What is under way on the server is shown anew until it is over; then the rest of the page has changed, too.
const underWay = document.querySelector('[data-refresh]');
if (underWay) setTimeout(() => void watch(underWay), 1000);

async function watch(old) {
  const answer = await fetch(location.href).catch(() => undefined);
  const text = answer?.ok ? await answer.text() : '';
  const fresh = new DOMParser().parseFromString(text, 'text/html').getElementById(old.id);
  if (fresh && fresh.dataset.refresh === undefined) return location.reload();
  if (fresh) old.replaceWith(fresh);
  setTimeout(() => void watch(fresh ?? old), 1000);
}

// A large file takes its time: how far it is. Without JavaScript the browser says so, somewhere at its edge.
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
    // The page of the import, or this one again with what is wrong.
    if (request.status === 200) return location.assign(request.responseURL);
    const page = new DOMParser().parseFromString(request.responseText, 'text/html');
    const problem = page.querySelector('.alert p') ?? page.querySelector('main p');
    stop(problem?.textContent ?? 'The server could not take the file.');
  });
  request.addEventListener('error', () => stop('The connection was lost: please try again.'));
  // Not its property formAction, which is this page's address where there is no such attribute.
  request.open('POST', event.submitter?.getAttribute('formaction') ?? upload.getAttribute('action'));
  request.send(new FormData(upload));
  for (const button of buttons) button.disabled = true;
});

function progressBar() {
  const bar = document.createElement('div');
  bar.className = 'progress after';
  bar.innerHTML =
    '<label for="upload-progress">Uploaded</label><progress id="upload-progress" max="1" value="0"></progress><output role="status"></output>';
  return bar;
}
