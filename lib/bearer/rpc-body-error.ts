import { InvalidRequestError } from '../oauth/errors.js';

interface RpcRefusal {
  /** Of the HTTP response. */
  readonly status: number;
  /** JSON-RPC 2.0 §5.1; -32000 for what is wrong with HTTP only, as the MCP SDK has it. */
  readonly rpcCode: number;
  /** For the log. */
  readonly detail?: string | undefined;
  readonly cause?: unknown;
}

/** A body that the guard cannot judge. The response is a JSON-RPC error. */
export class RpcBodyError extends InvalidRequestError {
  override readonly status: number;
  readonly rpcCode: number;

  constructor(message: string, { status, rpcCode, detail, cause }: RpcRefusal) {
    super(message, { detail, cause });
    this.status = status;
    this.rpcCode = rpcCode;
  }
}
