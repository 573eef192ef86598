/**
 * Runs before and, with `--undo`, after `npm pack` and `npm publish`: if package.json has a `repository`, links to
 * files that are not in the tarball, and all links of the README, become absolute, since a package page shows the
 * README alone. Without it the documents are packed as they are.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const { repository } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const isUndo = process.argv.includes('--undo');

if (repository !== undefined) {
  const base = webAddress(repository.url ?? repository);
  const pages = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  for (const page of ['README.md', ...pages.map((name) => `docs/${name}`)]) {
    const file = join(ROOT, page);
    // Undone first, so that an interrupted run does no harm.
    const original = withRelativeLinks(readFileSync(file, 'utf8'), base, page);
    writeFileSync(file, isUndo ? original : withAbsoluteLinks(original, base, page));
  }
}

/**
 * `github:owner/name`, `owner/name` and the address to clone from, as the page to browse.
 *
 * @param {string} address
 */
function webAddress(address) {
  const match = /^(?:(?:git\+)?https:\/\/([^/]+)\/|github:)?([\w.-]+\/[\w.-]+?)(?:\.git)?$/.exec(
    address,
  );
  if (match === null) {
    throw new Error(`package.json: repository is "${address}". Write it as github:OWNER/NAME.`);
  }
  const [, host = 'github.com', name] = match;
  return `https://${host}/${name}`;
}

/** @param {string} text @param {string} base @param {string} page */
function withAbsoluteLinks(text, base, page) {
  return text.replace(
    /(!?)(\[[^\]]*\])\(([^)#:]+)(#[^)]*)?\)/g,
    (link, image, label, path, anchor = '') => {
      if (page !== 'README.md' && path.endsWith('.md')) return link;
      const kind = image === '' ? 'blob' : 'raw';
      const target = posix.join(dirname(page), path);
      return `${image}${label}(${base}/${kind}/HEAD/${target}${anchor})`;
    },
  );
}

/** @param {string} text @param {string} base @param {string} page */
function withRelativeLinks(text, base, page) {
  return text.replace(/\]\(([^)#]+)/g, (link, url) => {
    const [, path] = url.split(/\/(?:blob|raw)\/HEAD\//);
    if (path === undefined || !url.startsWith(base)) return link;
    return `](${posix.relative(dirname(page), path)}`;
  });
}
