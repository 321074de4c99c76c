// The import rules of .dependency-cruiser.cjs, whose names are their sentences.
import { cruise } from 'dependency-cruiser';

const allRead = 'dependency-cruiser sees every file.';

/** The violations, each as [sentence, where]. */
export async function checkImports(ruleSet, sources) {
  const { output } = await cruise(
    ['src', 'workers', 'bench'],
    { ruleSet, validate: true, ...ruleSet.options },
    {},
    {},
  );
  const broken = output.summary.violations.map(({ from, to, rule, cycle }) => [
    rule.name,
    [from, ...(cycle?.map(({ name }) => name) ?? [to])].join(' → '),
  ]);
  // Without its parser dependency-cruiser reads nothing and finds nothing.
  const read = new Set(output.modules.map(({ source }) => source));
  for (const { file } of sources) if (!read.has(file)) broken.push([allRead, file]);
  return broken;
}

export const importSentences = (ruleSet) => [allRead, ...ruleSet.forbidden.map(({ name }) => name)];
