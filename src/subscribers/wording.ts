// The words a reader agrees to. Pure. Pages show exactly these, and the consent record quotes them with their version:
// change a text and its version together.

export interface Wording {
  text: string;
  version: string;
}

/** Beside the subscribe form's button. */
export const askWording = (newsletter: string): Wording => ({
  text:
    `Yes, send me ${newsletter} by e-mail. I will be asked to confirm, ` +
    'and can leave with one click in every mail.',
  version: 'subscribe-1',
});

/** Beside the button that joins one more newsletter, for an address that is confirmed. */
export const joinWording = (newsletter: string): Wording => ({
  text: `Yes, send me ${newsletter} by e-mail. I can leave with one click in every mail.`,
  version: 'join-1',
});

/** Beside the box that a reader ticks who has nothing against being counted. */
export const trackingWording = (newsletter: string): Wording => ({
  text: `${newsletter} may count which of its digests I open, and what I click in them.`,
  version: 'tracking-1',
});

/** Beside the button of the form that lists several newsletters, each with a box. */
export const askSeveralWording = (): Wording => ({
  text:
    'Yes, send me the newsletters that I have ticked by e-mail. I will be asked once to confirm, ' +
    'and can leave each of them with one click in every mail.',
  version: 'subscribe-several-1',
});

/** Beside the button that undoes a leaving. */
export const rejoinWording = (newsletter: string): Wording => ({
  text: `I want to receive ${newsletter} by e-mail again.`,
  version: 'rejoin-1',
});

/** Beside the button that the confirmation mail leads to. */
export const confirmWording = (newsletter: string): Wording => ({
  text: `I confirm that I want to receive ${newsletter} by e-mail.`,
  version: 'confirm-1',
});
