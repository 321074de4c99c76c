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
