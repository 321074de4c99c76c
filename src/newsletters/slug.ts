// A newsletter's name in addresses: /n/the-evening-post.

/** At most 64 characters of a-z, 0-9 and inner hyphens. A name without such letters becomes 'newsletter'. */
export function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll(/['’]/g, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
    .replaceAll(/^-+|-+$/g, '');
  return slug === '' ? 'newsletter' : slug;
}
