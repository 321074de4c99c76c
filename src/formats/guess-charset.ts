// Guesses the charset of a document that is not UTF-8 and names no charset. It may name its language; else the
// letters decide: in the right charset, whole words are of one script, and its common letters are common.
import iconv from 'iconv-lite';

/** The charset that programs of each language used before UTF-8. */
const charsets: readonly [languages: string, charset: string][] = [
  ['ru uk be bg mk sr', 'windows-1251'],
  ['pl cs sk hu sl hr bs ro sq', 'windows-1250'],
  ['el', 'windows-1253'],
  ['tr az', 'windows-1254'],
  ['he iw', 'windows-1255'],
  ['ar fa ur', 'windows-1256'],
  ['et lv lt', 'windows-1257'],
  ['vi', 'windows-1258'],
  ['th', 'windows-874'],
];

interface Candidate {
  charset: string;
  /** Letters of the script. */
  script: RegExp;
  /** Letters that are common in it, and the least share of them in a text. */
  common: RegExp;
  least: number;
}

const cyrillic = { script: /\p{Script=Cyrillic}/gu, common: /[оеаинтсрвл]/gi, least: 0.3 };
const greek = { script: /\p{Script=Greek}/gu, common: /[αοιετσνηυρς]/gi, least: 0.3 };
const japanese = { script: /[\u3040-\u30ff\u4e00-\u9fff]/g, common: /[\u3040-\u30ff]/g, least: 0.25 };
const han = {
  script: /[\u4e00-\u9fff]/g,
  common:
    /[的一是不了在人有我他这這中大来來上国國个個到说說们們为為子和你地出道也时時年得就那要下以生会會自着著去之过過家学學对對可她里裡后後小么麼心多天而能好都然没於起还還发發成事只作当當想看文无無开開手十用主行方又如前所本见見经經头頭面公同三已老从從动動两兩长長新日月报報市民]/g,
  least: 0.1,
};
const candidates: readonly Candidate[] = [
  { charset: 'windows-1251', ...cyrillic },
  { charset: 'koi8-r', ...cyrillic },
  { charset: 'iso-8859-5', ...cyrillic },
  { charset: 'cp866', ...cyrillic },
  { charset: 'windows-1253', ...greek },
  { charset: 'windows-1255', script: /\p{Script=Hebrew}/gu, common: /[יוהלארמתבש]/g, least: 0.3 },
  { charset: 'windows-1256', script: /\p{Script=Arabic}/gu, common: /[اليمونترةبع]/g, least: 0.3 },
  { charset: 'windows-874', script: /\p{Script=Thai}/gu, common: /[านรอกเงมยลวดท่้ี]/g, least: 0.3 },
  { charset: 'shift_jis', ...japanese },
  { charset: 'euc-jp', ...japanese },
  {
    charset: 'euc-kr',
    script: /\p{Script=Hangul}/gu,
    common: /[이다는의에가을를은고하지로한도사기서리자어대나인시아정부일]/g,
    least: 0.25,
  },
  { charset: 'gb18030', ...han },
  { charset: 'big5', ...han },
];

const sampleBytes = 60_000;
/** The least share of letters in words of one script. */
const leastInWords = 0.75;
/** The largest share of capitals that follow a small letter: in a wrong charset, capitals stand anywhere. */
const misplacedAtMost = 0.1;

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

// Letters, and the symbols that no text has: frames and blocks of KOI8 and CP866.
const foreignLetter = /[^\0-\u007f\p{P}\p{S}\p{Z}]|[\u2190-\u25ff]/gu;

/** Between 0 and 1: how much the bytes look like a text in the charset. */
function likeness(bytes: Buffer, { charset, script, common, least }: Candidate): number {
  const text = iconv.decode(bytes, charset);
  const foreign = count(text, foreignLetter) + 3 * count(text, /\ufffd/g);
  const letters = count(text, script);
  if (letters === 0) return 0;
  // In a Latin text, a letter of another script would stand alone, or among ASCII letters.
  const one = script.source;
  const mixed = count(text, new RegExp(`(?<=[a-z])${one}|${one}(?=[a-z])`, 'giu'));
  const single = count(text, new RegExp(`(?<!${one})${one}(?!${one})`, 'gu'));
  const words = Math.max(0, letters - 2 * mixed - single) / foreign;
  const share = count(text, common) / letters;
  return words < leastInWords || share < least ? 0 : words * share * casing(text, letters);
}

/** Less than 1 if capitals follow small letters, as they do where KOI8 is read as windows-1251. */
function casing(text: string, letters: number): number {
  const misplaced = count(text, /(?<=[^\0-\u007f])(?<=\p{Ll})\p{Lu}/gu) / letters;
  return misplaced > misplacedAtMost ? 0 : 1 - misplaced;
}

/** The legacy charset in which the document is most probably written; windows-1252 if nothing speaks for another. */
export function guessCharset(document: Buffer): string {
  const bytes = document.subarray(0, sampleBytes);
  const [best] = candidates
    .map((candidate) => ({ charset: candidate.charset, likeness: likeness(bytes, candidate) }))
    .toSorted((one, other) => other.likeness - one.likeness);
  if (best !== undefined && best.likeness > 0) return best.charset;
  const language = /<(?:dc:)?language(?:\s[^<>]{0,200})?>\s*([a-z]{2})\b|\sxml:lang\s*=\s*["']([a-z]{2})\b/i
    .exec(bytes.toString('latin1', 0, 20_000))
    ?.slice(1)
    .find((name) => name !== undefined)
    ?.toLowerCase();
  return charsets.find(([languages]) => languages.split(' ').includes(language ?? ''))?.[1] ?? 'windows-1252';
}
