/**
 * The page at `/`: whether the demo is ready, and how to connect a client to it.
 *
 * @module
 */
import type { RequestHandler } from 'express';

import { callbackUrl, type Demo } from './announcement.js';
import { clientSetUps } from './client-set-up.js';
import type { StandIn } from './stand-in.js';
import { text } from './tenant/html.js';

const STYLE = `
  :root { color-scheme: light dark; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; }
  dt { font-weight: 600; } dd { margin: 0 0 .75rem; overflow-wrap: anywhere; }
  pre { padding: .75rem; border: 1px solid; border-radius: .375rem; overflow-x: auto; user-select: all; }
`;

/** Asks Auth0 and the storage at each visit, so that the page shows how things are now. */
export function landingPage({ auth, baseUrl, standIn }: Demo): RequestHandler {
  const mcpUrl = `${baseUrl}/mcp`;
  return async function showLandingPage(_req, res) {
    const isReady = await auth.ready().then(
      () => true,
      (error: unknown) => {
        // To the terminal and not to the page: it may name hosts that are nobody else's business.
        console.error(String(error));
        return false;
      },
    );
    const state = isReady
      ? 'Ready: Auth0 and the storage answer.'
      : 'Not ready: Auth0 or the storage does not answer. The terminal says which, and what to do.';
    res
      .status(isReady ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .type('html')
      .send(
        page([
          `<p role="status">${text(state)}</p>`,
          facts(mcpUrl, baseUrl, standIn),
          setUps(mcpUrl),
        ]),
      );
  };
}

function facts(mcpUrl: string, baseUrl: string, standIn: StandIn | undefined): string {
  const rows: [string, string][] = [
    ['MCP endpoint', mcpUrl],
    ['Callback URL at Auth0', callbackUrl(baseUrl)],
  ];
  if (standIn !== undefined) {
    rows.push(['Auth0', `${standIn.issuer} (a stand-in on this machine)`]);
    rows.push(['Log in as', `${standIn.person.email}, password ${standIn.person.password}`]);
  }
  const items = rows.map(([name, value]) => `<dt>${text(name)}</dt><dd>${text(value)}</dd>`);
  const apps = `<a href="${text(`${baseUrl}/connected-apps`)}">Connected apps</a>`;
  return `<dl>${items.join('')}</dl><p>${apps}: the clients you let in, each with a button to send it away.</p>`;
}

function setUps(mcpUrl: string): string {
  const sections = clientSetUps(mcpUrl).map(
    ({ client, where, text: content }) =>
      `<h3>${text(client)}</h3><p>${text(where)}</p><pre tabindex="0">${text(content)}</pre>`,
  );
  return `<h2>Connect a client</h2>${sections.join('')}`;
}

function page(parts: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>express-auth0-mcp demo</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>express-auth0-mcp demo</h1>
${parts.join('\n')}
</main>
</body>
</html>
`;
}
