/** What a contact sheet shows: every viseme, expression, blink and gaze, and the head's turns. */
import type { Expression, FacePose } from '#media/face/pose.ts';
import { EXPRESSIONS, NEUTRAL_EXPRESSION, NEUTRAL_POSE } from '#media/face/pose.ts';
import { expressionFor } from '#media/performer/expression.ts';
import { VISEME_SHAPES } from '#media/visemes/shapes.ts';
import { VISEMES } from '#media/visemes/viseme.ts';

export interface LabelledPose {
  label: string;
  pose: FacePose;
}

function posed(label: string, change: Partial<FacePose>): LabelledPose {
  return { label, pose: { ...NEUTRAL_POSE, ...change } };
}

const withExpression = (change: Partial<Expression>): Expression => ({
  ...NEUTRAL_EXPRESSION,
  ...change,
});
const head = (yawDeg: number, pitchDeg: number, rollDeg: number) => ({ yawDeg, pitchDeg, rollDeg });

export function sheetPoses(): LabelledPose[] {
  const smiling = expressionFor('pleased');
  return [
    ...VISEMES.map((viseme) => posed(viseme, { mouth: VISEME_SHAPES[viseme] })),
    posed('smile aa', { mouth: VISEME_SHAPES.aa, expression: smiling }),
    posed('smile E', { mouth: VISEME_SHAPES.E, expression: smiling }),
    posed('smile oh', { mouth: VISEME_SHAPES.oh, expression: smiling }),
    ...EXPRESSIONS.map((name) => posed(name, { expression: expressionFor(name) })),
    posed('brows up', { expression: withExpression({ browUp: 1 }) }),
    posed('brows down', { expression: withExpression({ browUp: -1 }) }),
    posed('squint', { expression: withExpression({ squint: 1 }) }),
    ...[0.25, 0.5, 0.75, 1].map((blink) => posed(`blink ${blink}`, { blink })),
    posed('gaze left', { gaze: { x: -1, y: 0 } }),
    posed('gaze right', { gaze: { x: 1, y: 0 } }),
    posed('gaze up', { gaze: { x: 0, y: 1 } }),
    posed('gaze down', { gaze: { x: 0, y: -1 } }),
    posed('gaze blink', { gaze: { x: 0.7, y: 0.2 }, blink: 0.5 }),
    posed('yaw left', { head: head(-5, 0, 0) }),
    posed('yaw right', { head: head(5, 0, 0) }),
    posed('pitch up', { head: head(0, 4, 0) }),
    posed('pitch down', { head: head(0, -4, 0) }),
    posed('roll', { head: head(0, 0, 4) }),
    posed('breath in', { breath: 1 }),
  ];
}
