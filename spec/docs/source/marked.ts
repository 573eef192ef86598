/** Pages with a generated part between two markers. */

/**
 * The page with the part replaced; the markers stay.
 *
 * @param page for the message
 * @throws Error a marker is missing
 */
export function replaceMarked(
  page: string,
  text: string,
  [begin, end]: readonly [string, string],
  part: string,
): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${page} lacks "${begin}" or, after it, "${end}"`);
  return `${text.slice(0, from + begin.length)}\n\n${part}\n\n${text.slice(to)}`;
}
