import { NEUTRAL_EXPRESSION } from '#media/face/pose.ts';
import type { Expression, ExpressionName } from '#media/face/pose.ts';
import { Glide } from './glide.ts';

const COMPONENTS = ['smile', 'browUp', 'browInnerUp', 'browAsymmetry', 'squint'] as const;

/** Small values: the face must stay believable while it speaks, for minutes. */
const TABLE: Readonly<Record<ExpressionName, Expression>> = {
  neutral: NEUTRAL_EXPRESSION,
  warm: { smile: 0.48, browUp: 0.1, browInnerUp: 0.15, browAsymmetry: 0, squint: 0.18 },
  concerned: { smile: -0.25, browUp: -0.05, browInnerUp: 0.75, browAsymmetry: 0, squint: 0.1 },
  sceptical: { smile: -0.08, browUp: -0.12, browInnerUp: 0, browAsymmetry: 0.8, squint: 0.3 },
  pleased: { smile: 0.8, browUp: 0.25, browInnerUp: 0.05, browAsymmetry: 0, squint: 0.32 },
};

/** The resting weights of a named expression. */
export function expressionFor(name: ExpressionName): Expression {
  return TABLE[name];
}

/** Blends from one expression to the next. */
export class ExpressionBlend {
  readonly #glides = COMPONENTS.map((component) => new Glide(NEUTRAL_EXPRESSION[component]));

  /** Moves to `intensity` of the way from neutral to the named expression, over `overMs`. Above 1 it is exaggerated. */
  to(name: ExpressionName, intensity: number, atMs: number, overMs: number): void {
    COMPONENTS.forEach((component, i) => {
      const neutral = NEUTRAL_EXPRESSION[component];
      const target = neutral + intensity * (TABLE[name][component] - neutral);
      this.#glides[i]!.to(target, atMs, overMs);
    });
  }

  /** The weights at `tMs`, with `extra` added, each within its range. */
  at(tMs: number, extra: Partial<Expression>): Expression {
    const value = (component: (typeof COMPONENTS)[number]): number => {
      const lowest = component === 'smile' || component === 'browUp' ? -1 : 0;
      const glide = this.#glides[COMPONENTS.indexOf(component)]!;
      return Math.min(1, Math.max(lowest, glide.at(tMs) + (extra[component] ?? 0)));
    };
    return {
      smile: value('smile'),
      browUp: value('browUp'),
      browInnerUp: value('browInnerUp'),
      browAsymmetry: value('browAsymmetry'),
      squint: value('squint'),
    };
  }
}
