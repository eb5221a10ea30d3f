/**
 * Our cookies. Scripts cannot read them (HttpOnly) and other sites' forms do not bring them (SameSite=Lax). Over HTTPS they
 * are `Secure` and named `__Host-…`: then browsers take them from this host alone, for every path, so that neither a
 * neighbouring subdomain nor a plain connection can plant one.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';

/** What we put into cookies: random, in base64url. */
const VALUE = /^[\w-]{16,128}$/u;

export class Cookie {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  /** Undefined where there is none, or nothing that can be ours. */
  read(request: FastifyRequest): string | undefined {
    const value = request.cookies[this.#nameFor(request)];
    return value !== undefined && VALUE.test(value) ? value : undefined;
  }

  write(request: FastifyRequest, reply: FastifyReply, value: string, maxAgeS: number): void {
    reply.setCookie(this.#nameFor(request), value, {
      httpOnly: true,
      sameSite: 'lax',
      secure: request.protocol === 'https',
      path: '/',
      maxAge: maxAgeS,
    });
  }

  remove(request: FastifyRequest, reply: FastifyReply): void {
    this.write(request, reply, '', 0);
  }

  #nameFor(request: FastifyRequest): string {
    return request.protocol === 'https' ? `__Host-${this.#name}` : this.#name;
  }
}

/** Who is signed in. */
export const SIGN_IN_COOKIE = new Cookie('understudy-sign-in');
/** A sign-in with a provider that has begun in this browser. */
export const PROVIDER_COOKIE = new Cookie('understudy-provider');
