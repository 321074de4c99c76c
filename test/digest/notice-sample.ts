// A short mail with every optional part, for tests of its content.
import type { NoticeMail } from '../../src/joining/render-notice.js';

export const harbour = {
  name: 'Ships & <b>Harbours</b>\r\nBcc: x',
  siteUrl: 'https://site.example/',
  postalAddress: 'Quay 1\nPort',
};

export const notice: NoticeMail = {
  subject: `You are already subscribed to ${harbour.name}`,
  title: `You are already subscribed to ${harbour.name}`,
  text: `Someone, most likely you, signed this address up for ${harbour.name}.`,
  button: {
    label: 'Change frequency, time or topics',
    url: 'https://mail.example/preferences/AAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  },
  after: 'If that was not you, nothing has changed.',
  link: { label: 'Unsubscribe', url: 'https://mail.example/unsubscribe/AAAAAAAAAAAAAAAAAAAAAAAAAAAA' },
};
