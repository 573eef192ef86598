/**
 * The style sheet of all pages, inline. Logical properties only (`inline`, `block`), for right-to-left languages;
 * system fonts, no images, no animation; from 320 px up.
 */
import { createHash } from 'node:crypto';

import type { Brand } from './brand.js';
import { readableOn } from './color.js';
import { type Html, html } from './html.js';

/** The darkest surface of the light scheme and the lightest of the dark one: contrast is lowest there. */
const LIGHT_SURFACE = '#f3f4f7';
const DARK_SURFACE = '#191d24';

/** The content of `<style>`. It depends on the accent colour only. */
export function styleSheet(brand: Pick<Brand, 'accentColor'>): Html {
  return html`${colors(brand.accentColor)}${FRAME}${CONTROLS}${CONSENT}${APPS}`;
}

/** The CSP source expression of this sheet: `'sha256-…'` with its quotes (CSP3 §2.3.1). */
export function styleHash(brand: Pick<Brand, 'accentColor'>): string {
  const digest = createHash('sha256').update(styleSheet(brand).toString()).digest('base64');
  return `'sha256-${digest}'`;
}

function colors(accentColor: string): Html {
  return html`
:root{color-scheme:light dark;--page:#f3f4f7;--card:#fff;--sunken:#f7f8fa;--ink:#161a22;--muted:#545d6c;--line:#d8dce4;
--accent:${readableOn(LIGHT_SURFACE, accentColor)};--on-accent:#fff;
--warn-page:#fff7e6;--warn-line:#d99a1c;--warn-ink:#5a3a00;--ok:#17693f;
--shadow:0 1px 2px rgb(16 24 40/.06),0 12px 32px -12px rgb(16 24 40/.16)}
@media (prefers-color-scheme:dark){
:root{--page:#101318;--card:#191d24;--sunken:#14181e;--ink:#e9ecf1;--muted:#a5aebb;--line:#303742;
--accent:${readableOn(DARK_SURFACE, accentColor)};--on-accent:#101318;
--warn-page:#2b2313;--warn-line:#94701f;--warn-ink:#f4dca0;--ok:#7fd1a5;--shadow:0 1px 2px rgb(0 0 0/.4)}}
`;
}

const FRAME: Html = html`
*,::before,::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;min-block-size:100vh;display:flex;flex-direction:column;align-items:center;justify-content:safe center;gap:1rem;
padding:2rem 1rem;background:var(--page);color:var(--ink);
font:1rem/1.5 -apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,system-ui,sans-serif;overflow-wrap:anywhere}
header,main,footer{inline-size:100%;max-inline-size:31rem}
header{display:flex;align-items:center;gap:.625rem;font-weight:600}
main{background:var(--card);border:1px solid var(--line);border-radius:1rem;padding:1.75rem;box-shadow:var(--shadow)}
footer{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;justify-content:center;font-size:.875rem}
h1{margin:0;font-size:1.5rem;line-height:1.25;letter-spacing:-.01em;text-wrap:balance}
h2{margin:0;font-size:.875rem;line-height:1.5;font-weight:600;color:var(--muted)}
p{margin:0}ul,dl,dd{margin:0;padding:0}ul{list-style:none}svg{display:block;flex:none}
code{font:.9375em ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
a{color:var(--accent);text-underline-offset:.2em}
a:hover{text-decoration-thickness:2px}
footer a{display:inline-flex;align-items:center;min-block-size:1.75rem}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px;border-radius:.375rem}
.muted{color:var(--muted)}
.logo{inline-size:2rem;block-size:2rem;border-radius:.5rem;object-fit:contain;flex:none}
.initial{display:grid;place-items:center;background:var(--accent);color:var(--on-accent);font-weight:700;line-height:1;overflow:hidden}
.stack{display:grid;gap:1.25rem}.stack>*{min-inline-size:0}
.box{display:grid;gap:.125rem;padding:.875rem 1rem;border:1px solid var(--line);border-radius:.75rem;background:var(--sunken)}
.box>*{min-inline-size:0}
@media (max-width:30rem){body{padding:1rem .75rem;justify-content:flex-start}main{padding:1.25rem}h1{font-size:1.375rem}}
`;

const CONTROLS: Html = html`
.actions{display:flex;flex-wrap:wrap;gap:.75rem}
.actions>*{flex:1 1 7rem;max-inline-size:100%;overflow-wrap:break-word}
button,.button{display:inline-block;min-block-size:3rem;padding:.6875rem 1.25rem;
border:1px solid var(--muted);border-radius:.75rem;background:var(--card);color:var(--ink);font:inherit;font-weight:600;
text-align:center;text-decoration:none;cursor:pointer}
button:hover,.button:hover{background:var(--sunken);border-color:var(--ink)}
.primary{background:var(--accent);border-color:var(--accent);color:var(--on-accent)}
.primary:hover{background:color-mix(in srgb,var(--accent) 88%,var(--ink));border-color:transparent}
button:focus-visible,.button:focus-visible{border-radius:.75rem}
.small{min-block-size:2.25rem;padding:.3125rem .875rem;border-radius:.5rem;font-size:.875rem}
.warning{display:flex;gap:.75rem;padding:.875rem 1rem;border:1px solid var(--warn-line);border-radius:.75rem;
background:var(--warn-page);color:var(--warn-ink);font-size:.9375rem}
.warning svg{margin-block-start:.125rem}.warning p>strong:first-child{display:block}
.done{padding:.75rem 1rem;border:1px solid var(--ok);border-radius:.75rem;color:var(--ok)}
@media (forced-colors:active){.primary{border-width:3px}.initial{border:1px solid}}
`;

const CONSENT: Html = html`
.pair{display:flex;align-items:center;gap:.625rem;color:var(--muted);margin-block-end:1rem}
.pair .logo{inline-size:3rem;block-size:3rem;border-radius:.75rem;font-size:1.375rem}
.client{background:var(--sunken);color:var(--ink);border:2px dashed var(--muted)}
.client.known{border:2px solid var(--ok)}
[dir=rtl] .arrow{transform:scaleX(-1)}
.origin{display:flex;gap:.5rem;margin-block-start:.625rem;color:var(--muted);font-size:.9375rem}
.origin svg{margin-block-start:.1875rem}.origin.known svg{color:var(--ok)}
.host{font-size:1.25rem;font-weight:700;line-height:1.35}
.scopes{display:grid;gap:.5rem;margin-block-start:.5rem}
.scopes li{display:grid;grid-template-columns:auto minmax(0,1fr);gap:0 .625rem}
.scopes svg{color:var(--accent);margin-block-start:.1875rem}
.scopes code{grid-column:2;font-size:.8125rem;color:var(--muted)}
.scopes code.alone{font-size:.9375em;color:inherit}
.offer summary{padding-block:.375rem;color:var(--accent);font-weight:600;cursor:pointer}
.offer p{color:var(--muted);font-size:.9375rem}
.scopes label{grid-column:1/-1;display:grid;grid-template-columns:auto minmax(0,1fr);gap:0 .625rem;cursor:pointer}
.scopes input{inline-size:1.5rem;block-size:1.5rem;margin:0;accent-color:var(--accent)}
.details{border-block-start:1px solid var(--line);padding-block-start:1rem;font-size:.875rem}
.details dl{display:grid;gap:.625rem;margin-block-start:.5rem}
.details dt{color:var(--muted)}
.too-small{display:none}
@media (max-width:239px),(max-height:199px){.too-small{display:block}.too-small+.actions{display:none}}
`;

const APPS: Html = html`
.apps{display:grid;gap:.75rem}
.app{display:grid;gap:.5rem}
.app h2{font-size:1.0625rem;color:var(--ink)}
.app p{font-size:.875rem}
.app form{display:flex;justify-content:flex-end}
.chips{display:flex;flex-wrap:wrap;gap:.375rem}
.chips li{padding:.0625rem .5rem;border:1px solid var(--line);border-radius:1rem;background:var(--card);font-size:.8125rem}
`;
