/** The anchors that GitHub generates for headings. */

/** `### interface `Auth0Mcp`` → `interface-auth0mcp`. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

/** The anchor of an option in docs/api.md. */
export function optionAnchor(name: string): string {
  return anchorOf(`option ${name}`);
}
