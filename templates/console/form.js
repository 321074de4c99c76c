// The preview of the form follows what is typed. Without JavaScript, [Preview] shows it.
const form = document.querySelector('[data-form]');
const frames = document.querySelectorAll('[data-frame]');

// The frame is as high as the form in it. The body of our pages fills the frame, and a mail cannot be measured.
const fit = (frame) => {
  const height = frame.contentDocument?.querySelector('main')?.offsetHeight;
  if (height) frame.style.height = `${height}px`;
};

const show = () => {
  const fields = new URLSearchParams(new FormData(form));
  for (const secret of ['csrf', 'madeFrom']) fields.delete(secret);
  for (const frame of frames) {
    fields.set('part', frame.dataset.frame);
    // Replacing the address adds no entry to the history.
    frame.contentWindow.location.replace(`${form.getAttribute('action')}/frame?${fields}`);
  }
};

let waiting;
form?.addEventListener('input', () => {
  clearTimeout(waiting);
  waiting = setTimeout(show, 400);
});
for (const frame of frames) {
  frame.addEventListener('load', () => fit(frame));
  fit(frame);
}
