/**
 * The two surfaces an endpoint can have, for programs and for people: headers, limits, errors, and
 * the methods it answers.
 *
 * @module
 */
import type { ErrorRequestHandler, RequestHandler, Router } from 'express';
import { allowCors } from '../http/cors.js';
import { inTurn } from '../http/in-turn.js';
import { methodNotAllowed, respondToHead } from '../http/method-not-allowed.js';
import { corsOnly, navigationsOnly } from '../http/other-sites.js';
import type { RateLimits } from '../http/rate-limits.js';
import { isolated } from '../http/response-headers.js';
import { inSteps, type Step } from '../http/step.js';

/** Puts endpoints for programs on routers. Methods are named as in an `Allow` header. */
export interface MachineSurface {
  /** What programs post to so far, by its path: what a request can go straight to. */
  readonly posted: ReadonlyMap<string, RequestHandler>;
  /** Open to browsers' `fetch`, errors as OAuth JSON. */
  machine(router: Router, method: string, path: string, work: readonly RequestHandler[]): void;
}

/** Both. */
export interface Surfaces extends MachineSurface {
  /** Pages of a login: no framing, no CORS (RFC 9700 §2.6), usable in a popup, errors as pages. */
  page(router: Router, methods: string, path: string, work: readonly RequestHandler[]): void;
  /** For users who manage what they let in: isolated from other windows, with error pages of its own. */
  accountPage(router: Router, methods: string, path: string, work: readonly RequestHandler[]): void;
}

/** What the surface for programs is made of. */
export interface MachineSurfaceDeps {
  /** Makes each request one in events and log lines. */
  readonly correlate: RequestHandler;
  readonly baseHeaders: Step;
  readonly jsonErrors: ErrorRequestHandler;
}

/** What both are made of. */
export interface SurfacesDeps extends MachineSurfaceDeps {
  readonly limits: Pick<RateLimits, 'login'>;
  readonly pageHeaders: RequestHandler;
  readonly pageErrors: ErrorRequestHandler;
  readonly accountErrors: ErrorRequestHandler;
}

export function createMachineSurface(deps: MachineSurfaceDeps): MachineSurface {
  const { correlate, baseHeaders, jsonErrors } = deps;
  const posted = new Map<string, RequestHandler>();
  return {
    posted,
    machine(router, method, path, work) {
      const steps = [baseHeaders, allowCors(method), ...(method === 'POST' ? [corsOnly] : [])];
      const surface = [correlate, inSteps(...steps)];
      const endpoint = inTurn([...surface, ...only(method, work)], jsonErrors);
      router.all(path, endpoint);
      if (method === 'POST') posted.set(path, endpoint);
    },
  };
}

export function createSurfaces(deps: SurfacesDeps): Surfaces {
  const { limits, correlate, baseHeaders, pageHeaders } = deps;
  const forPeople = (headers: RequestHandler[], errors: ErrorRequestHandler): Surfaces['page'] =>
    function page(router, methods, path, work) {
      const steps = inSteps(baseHeaders, navigationsOnly);
      const surface = [correlate, ...headers, steps, limits.login];
      router.all(path, ...surface, ...only(methods, work), errors);
    };
  return {
    ...createMachineSurface(deps),
    page: forPeople([pageHeaders], deps.pageErrors),
    accountPage: forPeople([pageHeaders, isolated], deps.accountErrors),
  };
}

/** Runs the work for these methods; HEAD reads nothing and does nothing; the rest is a 405. */
function only(methods: string, work: readonly RequestHandler[]): RequestHandler[] {
  const allowed = methods.split(', ');
  const allow = allowed.includes('GET') ? `${methods}, HEAD` : methods;
  const refuse = methodNotAllowed(allow);
  return [
    function checkMethod(req, res, next) {
      if (allowed.includes(req.method)) next();
      else if (req.method === 'HEAD' && allowed.includes('GET')) respondToHead(req, res, next);
      else refuse(req, res, next);
    },
    ...work,
  ];
}
