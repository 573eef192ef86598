/** A small web server of a spec: another site, or the listener of a client. */
import { createServer, type RequestListener } from 'node:http';
import { close, listen } from './listen.js';

export interface Site {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on 127.0.0.1. For a browser, `http://localhost:PORT` is another site than `http://127.0.0.1:PORT`. */
export async function startSite(listener: RequestListener): Promise<Site> {
  const server = createServer(listener);
  return {
    port: await listen(server),
    close: () => close(server),
  };
}
