/** Redis URLs: refused at start-up when they cannot work, since a client of them fails at the first request only. */

const FORM =
  'Write redis://[[user]:password@]host[:port][/database], or rediss:// for TLS; for Sentinel or a Cluster ' +
  'use redisStorage({ client }).';

const ENCODING =
  'Percent-encode the user name and the password, with encodeURIComponent(): % # / ? in them break the URL.';

/**
 * What is wrong with a Redis URL and how to repair it; undefined for a good one. Says nothing of its text,
 * which may hold a password.
 */
export function redisUrlProblem(url: string): string | undefined {
  if (!/^rediss?:\/\//i.test(url)) return FORM;
  const problem = `${ENCODING} ${FORM}`;
  // A `/`, `?` or `#` of a password ends the authority before its `@`.
  if (/[/?#][^@]*@/.test(url.slice(url.indexOf('//') + 2))) return problem;
  if (!URL.canParse(url)) return url.includes('@') ? problem : FORM;
  const { hostname, username, password, pathname, search, hash } = new URL(url);
  if (hostname === '') return FORM;
  if (![username, password].every(isEncoded)) return problem;
  if (search !== '' || hash !== '') return `Leave out what stands behind ? or #. ${FORM}`;
  if (!/^(\/\d*)?$/.test(pathname)) return `The database has to be a number. ${FORM}`;
  return undefined;
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
