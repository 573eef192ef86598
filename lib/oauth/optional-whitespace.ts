/**
 * Trims spaces and tabs (RFC 9110 §5.6.3). `trim()` removes other characters too, such as U+00A0, which is the byte
 * 0xA0 in a header.
 */
export function trimOws(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isOws(text[start])) start += 1;
  while (end > start && isOws(text[end - 1])) end -= 1;
  return text.slice(start, end);
}

function isOws(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}
