// The characters 0x80 to 0x9F of windows-1252 (encoding.spec.whatwg.org/index-windows-1252.txt). Programs that take
// windows-1252 for Latin-1 make control characters of them. Pure.

const characters = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** The text with the characters that windows-1252 has in place of the controls U+0080 to U+009F. */
export const withoutC1Controls = (text: string): string =>
  text.replaceAll(/[\u0080-\u009f]/g, (control) => characters[control.charCodeAt(0) - 0x80] ?? control);
