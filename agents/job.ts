/** One job = one room = one learner. The framework loads this file in each job process. */
import { defineAgent, log, type JobContext, type JobProcess } from '@livekit/agents';
import { readEnvironment } from '#config/environment.ts';
import { prepareEquipment, type Equipment } from './call/equipment.ts';
import { Lesson } from './lesson.ts';
import { withholdPersonalData } from './log/personal-data.ts';

interface ProcessData {
  equipment?: Promise<Equipment>;
}

export default defineAgent({
  prewarm: async (process: JobProcess) => {
    withholdPersonalData(log());
    const data = process.userData as ProcessData;
    data.equipment = prepareEquipment(readEnvironment());
    await data.equipment;
  },
  entry: async (context: JobContext) => {
    const environment = readEnvironment();
    const data = context.proc.userData as ProcessData;
    const equipment = await (data.equipment ?? prepareEquipment(environment));
    const lesson = new Lesson(context, equipment, environment);
    context.addShutdownCallback(() => lesson.close());
    await lesson.run();
  },
});
