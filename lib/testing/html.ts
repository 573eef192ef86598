/** Layout of the tenant's pages. */
import { type Html, html } from '../pages/html.js';

/** A complete page around markup. */
export function page(title: string, body: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 24rem; margin: 10vh auto; padding: 0 1rem; }
  label, input, button { display: block; width: 100%; box-sizing: border-box; }
  input, button { font: inherit; padding: .5rem; margin: .25rem 0 1rem; }
</style>
</head>
<body>
<h1>${title}</h1>
${body}
</body>
</html>
`.toString();
}
