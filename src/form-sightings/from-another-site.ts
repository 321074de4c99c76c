// Whether a page of another site asks for our form. Pure.

interface Asked {
  /** The headers of the request, by lower-case name. */
  get: (name: 'sec-fetch-site' | 'sec-fetch-dest' | 'referer') => string | undefined;
}

const originOf = (url: string): string | undefined => {
  try {
    const { origin, protocol } = new URL(url);
    return /^https?:$/.test(protocol) ? origin : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Browsers say where a script or a frame is loaded (Fetch Metadata Request Headers, sections 2.1 and 2.3): a person who
 * opens the address sends other values. Older browsers send the page's origin at least.
 */
export function isFromAnotherSite(request: Asked, as: 'script' | 'iframe', ownOrigin: string): boolean {
  const [site, dest] = [request.get('sec-fetch-site'), request.get('sec-fetch-dest')];
  if (site !== undefined) return dest === as && (site === 'cross-site' || site === 'same-site');
  const page = originOf(request.get('referer') ?? '');
  return page !== undefined && page !== originOf(ownOrigin);
}
