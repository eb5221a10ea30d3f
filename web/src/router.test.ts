import { describe, expect, it } from 'vitest';
import { pathOf, routeOf, type Route } from './router.ts';

describe('routeOf', () => {
  it.each<[string, Route]>([
    ['/', { name: 'catalogue' }],
    ['', { name: 'catalogue' }],
    ['/reports', { name: 'reports' }],
    ['/reports/', { name: 'reports' }],
    ['/sign-in', { name: 'sign-in' }],
    ['/join/late-report', { name: 'join', scenarioId: 'late-report' }],
    ['/call/abc123', { name: 'call', sessionId: 'abc123' }],
    ['/report/abc123/', { name: 'report', sessionId: 'abc123' }],
    ['/join', { name: 'not-found' }],
    ['/join/a/b', { name: 'not-found' }],
    ['/nowhere/x', { name: 'not-found' }],
    ['/join/%E0%A4%A', { name: 'not-found' }],
  ])('reads %s', (path, route) => {
    expect(routeOf(path)).toEqual(route);
  });

  it('is undone by pathOf, odd characters included', () => {
    const routes: Exclude<Route, { name: 'not-found' }>[] = [
      { name: 'catalogue' },
      { name: 'reports' },
      { name: 'sign-in' },
      { name: 'join', scenarioId: 'a b/ö?' },
      { name: 'call', sessionId: 'x%y' },
      { name: 'report', sessionId: '1' },
      { name: 'gallery', state: 'call-speaking' },
    ];
    for (const route of routes) expect(routeOf(pathOf(route))).toEqual(route);
  });
});
