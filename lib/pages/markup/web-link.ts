/**
 * Links and form targets: the web, or a path of our own. Never `javascript:`, `data:` or `//host`.
 *
 * @module
 */

/** Any origin will do: it only shows whether a reference stays on the origin it is read from. */
const HERE = 'https://here.invalid';

/** Whether `value` is a path on the page's own origin: `/logo.svg`, but not `//host` or `/\host`. */
export function isOwnPath(value: string): boolean {
  // The URL parser drops tabs and newlines, so `/\t/host` would leave the origin: no such bytes.
  if (!/^\/[\x21-\x7e]*$/.test(value) || !URL.canParse(value, HERE)) return false;
  return new URL(value, HERE).origin === HERE;
}

/** The reference, if a link may lead there: an absolute http(s) URL or a path of our own. */
export function webLink(value: string): string | undefined {
  if (isOwnPath(value)) return value;
  if (!/^https?:\/\/[\x21-\x7e]+$/i.test(value) || !URL.canParse(value)) return undefined;
  return new URL(value).href;
}

/**
 * The target of one of our forms.
 *
 * @throws RangeError it is no web address, which is a mistake in the calling code
 */
export function formTarget(value: string): string {
  const target = webLink(value);
  if (target === undefined) throw new RangeError('a form can only be sent to a web address');
  return target;
}
