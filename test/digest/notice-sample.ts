// A short mail with all that one may have, for the tests that look at it.
import type { Notice } from '../../src/joining/render-notice.js';

export const harbour = {
  name: 'Ships & <b>Harbours</b>\r\nBcc: x',
  siteUrl: 'https://site.example/',
  postalAddress: 'Quay 1\nPort',
};

export const notice: Notice = {
  subject: `You have ${harbour.name} already`,
  title: `You have ${harbour.name} already`,
  text: `Someone, most likely you, has asked for ${harbour.name} to be sent to this address.`,
  button: { label: 'Change how often', url: 'https://mail.example/preferences/AAAAAAAAAAAAAAAAAAAAAAAAAAAA' },
  after: 'If that was not you, nothing has changed.',
  link: { label: 'Unsubscribe', url: 'https://mail.example/unsubscribe/AAAAAAAAAAAAAAAAAAAAAAAAAAAA' },
};
