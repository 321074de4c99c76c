// How a reader can come. Pure.

export const joinSources = ['form', 'api', 'import', 'console'] as const;
export type JoinSource = (typeof joinSources)[number];
