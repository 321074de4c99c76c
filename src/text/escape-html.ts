// The characters of HTML in text and attributes. Pure.

const references: Record<string, string> = { lt: '<', gt: '>', quot: '"', amp: '&' };

/** The text without the references that the sanitiser writes. */
export const unescapeHtml = (text: string): string =>
  text.replaceAll(/&(lt|gt|quot|amp);/g, (_, name: string) => references[name] ?? '');

/** Fit for an attribute in double quotes too. */
export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
