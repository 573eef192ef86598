/**
 * Text that somebody else chose, made fit to be read by a person who decides on it.
 *
 * RFC 7591 §5: the name a client registers is its own claim. Escaping keeps it from being code;
 * this keeps it from looking like something it is not: turned round by bidi controls, padded with
 * invisible characters, stacked with accents over the lines around it, or long enough to push the
 * rest off the screen.
 *
 * @module
 */

/** Longest name shown, in characters as a reader counts them. */
const MAX_NAME_CHARACTERS = 80;

/** Input beyond this is not even looked at; a bound on the work, in UTF-16 units. */
const MAX_INPUT_LENGTH = 2000;

/** Assigned letters and symbols that nevertheless draw nothing: Hangul fillers, the blank Braille cell. */
const BLANK_LETTERS = /[\u115f\u1160\u3164\uffa0\u2800]/g;

/**
 * Format characters: bidi controls, zero-width spaces, soft hyphens, tags. The two joiners stay,
 * because Persian, the Indic scripts and family emoji need them.
 */
const FORMAT_CHARACTERS = /(?![\u200c\u200d])\p{Cf}/gu;

/** More marks on one letter than any language writes. */
const STACKED_MARKS = /(\p{M}{4})\p{M}+/gu;

/**
 * A name as it may be shown, at most `maxCharacters` long; undefined if nothing readable is left.
 */
export function displayName(
  name: string | undefined,
  maxCharacters: number = MAX_NAME_CHARACTERS,
): string | undefined {
  const readable = (name ?? '')
    .slice(0, MAX_INPUT_LENGTH)
    .normalize('NFC')
    .replace(/[\p{Cs}\p{Co}]/gu, '\ufffd')
    .replace(FORMAT_CHARACTERS, '')
    .replace(BLANK_LETTERS, ' ')
    .replace(STACKED_MARKS, '$1')
    .replace(/[\p{Cc}\p{Z}]+/gu, ' ')
    .trim();
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(readable) ? cut(readable, maxCharacters) : undefined;
}

/** The first letter of a name, for the tile that stands in for a logo. */
export function initial(name: string): string {
  const [first] = new Intl.Segmenter().segment(name);
  return first?.segment.toUpperCase() ?? '?';
}

/**
 * A URI, host or scope with every character outside visible ASCII percent-encoded.
 *
 * Nothing is dropped or cut, for this is what the person compares; and a Cyrillic letter or a
 * right-to-left override in it must not pass for something else.
 */
export function visibleAscii(text: string): string {
  return text.replace(/[^\x21-\x7e]/gu, (character) =>
    /\p{Cs}/u.test(character) ? '%EF%BF%BD' : encodeURIComponent(character),
  );
}

function cut(text: string, maxCharacters: number): string {
  // There are no more characters than code units; and a segmenter takes as long to make as a package
  // to load.
  if (text.length <= maxCharacters) return text;
  let kept = '';
  let count = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    count += 1;
    // A single character can be a chain of joined emoji of any length: hence the second bound.
    if (count > maxCharacters || kept.length + segment.length > 4 * maxCharacters) {
      return `${kept.trimEnd()}…`;
    }
    kept += segment;
  }
  return kept;
}
