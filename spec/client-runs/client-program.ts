/** A client as a program: what its user does with it. */
import type { ClientRun } from './client-run.js';

export interface ClientProgram {
  /** Adds the server to the client and lets the user log in. */
  logIn(): Promise<void>;
  /** What the client prints about the tools of the server. */
  list(): Promise<string>;
  /**
   * @returns the text of the result
   * @throws with what the client says
   */
  call(tool: string): Promise<string>;
  /** After a 403: what the user does where the client does not step up by itself. */
  logInForScope?(scope: string): Promise<void>;
  /** Ends what runs of it. */
  quit?(): Promise<void>;
}

/** @param modules the `node_modules` folder with the program */
export type StartProgram = (run: ClientRun, modules: string) => ClientProgram;
