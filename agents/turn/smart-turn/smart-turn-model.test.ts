import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LogMelWindow, MEL_BANDS, WINDOW_FRAMES } from './log-mel-window.ts';
import { SMART_TURN_PATH, SmartTurnModel } from './smart-turn-model.ts';

describe('SmartTurnModel', () => {
  it('says that it is unavailable when the file is missing', async () => {
    await expect(SmartTurnModel.load('/nowhere/model.onnx')).rejects.toMatchObject({
      code: 'TURN_MODEL_UNAVAILABLE',
    });
  });

  it('says that it is unavailable when the file is no model', async () => {
    await expect(SmartTurnModel.load('package.json')).rejects.toMatchObject({
      code: 'TURN_MODEL_UNAVAILABLE',
    });
  });

  it.skipIf(!existsSync(SMART_TURN_PATH))(
    'answers each question in order, and none after close (needs the model file)',
    async () => {
      const model = await SmartTurnModel.load();
      const answers = await Promise.all(
        [0, 1, 2].map(() => model.probability(new LogMelWindow().features())),
      );
      expect(answers).toHaveLength(3);
      expect(new Set(answers).size).toBe(1);
      for (const answer of answers) {
        expect(answer).toBeGreaterThanOrEqual(0);
        expect(answer).toBeLessThanOrEqual(1);
      }
      await model.close();
      await expect(
        model.probability(new Float32Array(MEL_BANDS * WINDOW_FRAMES)),
      ).rejects.toMatchObject({ code: 'TURN_MODEL_FAILED' });
    },
  );
});
