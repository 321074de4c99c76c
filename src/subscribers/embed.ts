// The form for other sites, in three ways: a script, plain HTML, a frame. Pure.
import type { Newsletter } from '../newsletters/schema.js';
import { askWording } from './wording.js';

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string): string => text.replaceAll(/[&<>"]/g, (character) => escapes[character] ?? '');

/** What stands for the newsletter in templates/pages/embed.js. */
const hole = "'NEWSLETTER'";

/** The script with this newsletter in it. */
export function embedScript(source: string, newsletter: Newsletter, baseUrl: string): string {
  const page = `${baseUrl}/n/${newsletter.slug}`;
  const { text, version } = askWording(newsletter.name);
  const values = {
    name: newsletter.name,
    script: `${page}/embed.js`,
    solver: `${baseUrl}/assets/solve.js`,
    page,
    action: `${page}/subscribe`,
    wording: text,
    wordingVersion: version,
  };
  // Whoever puts the script into a page as text must not have it ended by a name.
  const literal = JSON.stringify(values).replaceAll('<', '\\u003c');
  return source.replace(hole, () => literal);
}

export interface EmbedCode {
  script: string;
  html: string;
  frame: string;
}

/** What a publisher copies. */
export function embedCode(newsletter: Newsletter, baseUrl: string): EmbedCode {
  const page = `${baseUrl}/n/${newsletter.slug}`;
  const { text, version } = askWording(newsletter.name);
  return {
    script: `<script src="${escape(page)}/embed.js" async></script>`,
    html: `<form action="${escape(page)}/subscribe" method="post">
  <p><label>Your e-mail address<br>
    <input type="email" name="email" required maxlength="254" autocomplete="email"></label></p>
  <p style="position:absolute;left:-200vw" aria-hidden="true"><label>Leave this empty
    <input name="website" tabindex="-1" autocomplete="off"></label></p>
  <input type="hidden" name="wording" value="${escape(version)}">
  <p>${escape(text)}</p>
  <p><button type="submit">Subscribe</button></p>
</form>`,
    frame: `<iframe src="${escape(page)}/embed?frame=1" title="Subscribe to ${escape(newsletter.name)}"
  width="100%" height="440" style="border:0" loading="lazy"></iframe>`,
  };
}
