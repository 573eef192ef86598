/** Reads the documentation: code blocks, links, headings. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../support/source-tree.js';
import { anchorOf } from './source/anchors.js';

/** A page of the documentation. */
export interface MarkdownPage {
  /** Relative to the root: `README.md`, `docs/page.md`. */
  readonly path: string;
  readonly text: string;
}

/** A fenced block. */
export interface CodeBlock {
  readonly page: string;
  /** Line number of its first line. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
}

/** README, CHANGELOG and every page below docs/ and .github/. */
export function documentation(): MarkdownPage[] {
  const pages = ['docs', '.github'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.md'))
      .map((path) => `${folder}/${path}`),
  );
  return ['README.md', 'CHANGELOG.md', ...pages].map(pageAt);
}

/** A page by its path relative to the root. */
export function pageAt(path: string): MarkdownPage {
  return { path, text: readFileSync(join(ROOT, path), 'utf8') };
}

/** Every fenced block of a page. */
export function codeBlocks({ path, text }: MarkdownPage): CodeBlock[] {
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map((match) => ({
    page: path,
    line: text.slice(0, match.index).split('\n').length + 1,
    language: match[1] ?? '',
    code: match[2] ?? '',
  }));
}

/** The text below a heading of level 2. */
export function section({ path, text }: MarkdownPage, heading: string): MarkdownPage {
  const body = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  if (body === undefined) throw new Error(`${path} has no section "${heading}"`);
  return { path, text: body };
}

/** Targets of links and pictures, outside code blocks. */
export function links({ text }: MarkdownPage): string[] {
  const prose = text.replace(/^```.*?^```$/gms, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

/** The anchors of all headings. */
export function anchors({ text }: MarkdownPage): string[] {
  const prose = text.replace(/^```.*?^```$/gms, '');
  return [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
}
