// Masks what lets its holder act as a reader or account. Pure.

/** The text without the tokens of our links and envelope senders, and without API keys. */
export function maskTokens(text: string): string {
  return text
    .replaceAll(
      /\/(confirm|unsubscribe|preferences|address|readers|review|held|websub)\/[^\s/?#"'<>]+/g,
      '/$1/***',
    )
    .replaceAll(/(\/c\/)[\w-]{28}/g, '$1***')
    .replaceAll(/\b(unsubscribe-)[\w-]{28}/g, '$1***')
    .replaceAll(/\b(bounces\+)[0-9a-v]{48}/gi, '$1***')
    .replaceAll(/\bdd_[\w-]+/g, 'dd_***');
}
