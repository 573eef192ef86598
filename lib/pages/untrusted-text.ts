/**
 * Text that a client or a profile chose, made safe to read (RFC 7591 §5). Escaping keeps it from being code; this
 * keeps it from misleading: bidi controls, invisible characters, stacked accents, names that fill the screen.
 */

/** Longest name shown, in characters as a reader counts them. */
const MAX_NAME_CHARACTERS = 80;

/** Longest name that is processed, in UTF-16 units. */
const MAX_INPUT_LENGTH = 2000;

/** Assigned letters and symbols that draw nothing: Hangul fillers, the blank Braille cell. */
const BLANK_LETTERS = /[\u115f\u1160\u3164\uffa0\u2800]/g;

/**
 * Format characters: bidi controls, zero-width spaces, soft hyphens, tags. The two joiners stay, because Persian,
 * the Indic scripts and family emoji need them.
 */
const FORMAT_CHARACTERS = /(?![\u200c\u200d])\p{Cf}/gu;

/** More marks on one letter than any language writes. */
const STACKED_MARKS = /(\p{M}{4})\p{M}+/gu;

/** A name that can be shown, at most `maxCharacters` long; undefined if nothing readable is left. */
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
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(readable) ? truncate(readable, maxCharacters) : undefined;
}

/** The first letter of a name, shown in place of a logo. */
export function initial(name: string): string {
  const [first] = new Intl.Segmenter().segment(name);
  return first?.segment.toUpperCase() ?? '?';
}

/**
 * A URI, host or scope with every character outside visible ASCII percent-encoded. Nothing is dropped or shortened:
 * the user compares it, and a Cyrillic letter or a right-to-left override must not pass for something else.
 */
export function visibleAscii(text: string): string {
  return text.replace(/[^\x21-\x7e]/gu, (character) =>
    /\p{Cs}/u.test(character) ? '%EF%BF%BD' : encodeURIComponent(character),
  );
}

function truncate(text: string, maxCharacters: number): string {
  // There are never more characters than code units, and creating a segmenter is slow.
  if (text.length <= maxCharacters) return text;
  let start = '';
  let count = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    count += 1;
    // A single character can be a chain of joined emoji of any length: hence the second limit.
    if (count > maxCharacters || start.length + segment.length > 4 * maxCharacters) {
      return `${start.trimEnd()}…`;
    }
    start += segment;
  }
  return start;
}
