/**
 * Reads the documentation the way a person does: code blocks, tables, links, headings.
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../support/source-tree.js';
import { anchorOf } from './source/anchors.js';

/** One page of the documentation. */
export interface MarkdownPage {
  /** From the top folder: `README.md`, `docs/page.md`. */
  readonly path: string;
  readonly text: string;
}

/** A fenced block. */
export interface CodeBlock {
  readonly page: string;
  /** Of its first line, counted from 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
}

/** README, CHANGELOG and every page below docs/. */
export function documentation(): MarkdownPage[] {
  const pages = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `docs/${path}`);
  return ['README.md', 'CHANGELOG.md', ...pages].map(pageAt);
}

/** One page by its path from the top folder. */
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

/** What stands below a heading, up to the next one of its kind. */
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

/** The anchors that headings make; one that comes twice can only be reached by a number. */
export function anchors({ text }: MarkdownPage): string[] {
  const prose = text.replace(/^```.*?^```$/gms, '');
  return [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
}
