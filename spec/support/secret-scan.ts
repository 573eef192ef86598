/** Looks for secrets where none may be: in logs, answers, stores. */
/** Forms in which a secret could be written down. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    encodeURIComponent(secret),
    bytes.toString('hex'),
    bytes.toString('base64').replace(/=+$/, '').slice(0, -2),
    bytes.toString('base64url').slice(0, -2),
  ];
}

/** The names of those secrets that `text` contains, in whatever form. */
export function secretsIn(text: string, secrets: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(secrets)
    .filter(([name, value]) => {
      const secret = String(value);
      // A spec that looks for nothing would always find nothing.
      if (value === undefined || secret.length < 8) throw new Error(`${name} is no secret`);
      return formsOf(secret).some((form) => text.includes(form));
    })
    .map(([name]) => name);
}
