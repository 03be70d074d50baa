// Everything that is measured, world after world.
import type { Outcome, Run, UnitScores } from './run.ts';
import { measure } from './run.ts';
import { measureShifts, type ShiftedAnswer } from './shift.ts';
import { answeredTask, composedSystems, uncomposedSystems, type System } from './systems.ts';
import type { Form } from '../../test/support/atlas-questions.ts';
import type { WorldTasks } from './tasks.ts';
import { expertKinds, type ExpertKind, type Regime, type World } from './world.ts';

/** What a system reaches in all of its tasks. */
export interface SystemOutcome {
  readonly scores: UnitScores;
  /** Of the task that is answered. */
  readonly answers: NonNullable<Outcome['answers']>;
}

interface RegimeOutcome {
  /** By the system's name. */
  readonly systems: ReadonlyMap<string, SystemOutcome>;
  /** Of the compositions as chosen; none where what is answered is no chat. */
  readonly shifts: ReadonlyMap<ExpertKind, readonly ShiftedAnswer[]>;
}

export interface WorldOutcome {
  readonly world: World;
  readonly tasks: WorldTasks;
  readonly fewer: WorldTasks;
  readonly regimes: ReadonlyMap<Regime, RegimeOutcome>;
}

/** A world, what it asks, and what is asked. */
export interface PlannedWorld {
  readonly world: World;
  readonly tasks: WorldTasks;
  /** For the strengths that are tried, and the study of tokens. */
  readonly fewer: WorldTasks;
  readonly systems: ReadonlyMap<Regime, readonly System[]>;
}

export function planWorld(
  world: World,
  { tasks, fewer }: Pick<PlannedWorld, 'tasks' | 'fewer'>,
  regimes: readonly Regime[],
): PlannedWorld {
  const systemsOf = (regime: Regime) => [
    ...uncomposedSystems(world, regime),
    ...composedSystems(world, regime),
  ];
  return {
    world,
    tasks,
    fewer,
    systems: new Map(regimes.map((regime) => [regime, systemsOf(regime)])),
  };
}

/** Items of all measurements together. */
export function countItems({ tasks, fewer, systems }: PlannedWorld): number {
  const sizeOf = (asked: WorldTasks, name: keyof WorldTasks) => asked[name].task.items.length;
  return [...systems]
    .map(([regime, own]) => {
      const asked = own.flatMap((system) =>
        system.tasks.map((name) => sizeOf(system.isTradeOff ? fewer : tasks, name)),
      );
      const shifted = isStudied(regime) ? expertKinds.length * sizeOf(fewer, 'questions') : 0;
      return asked.reduce((sum, size) => sum + size, shifted);
    })
    .reduce((sum, size) => sum + size, 0);
}

export async function measureWorld(
  run: Run,
  planned: PlannedWorld,
  form: Form,
): Promise<WorldOutcome> {
  const outcomes = new Map<Regime, RegimeOutcome>();
  for (const regime of planned.systems.keys()) {
    const systems = await measureSystems(run, planned, regime);
    const shifts = isStudied(regime) ? await studyShifts(run, planned, regime, form) : new Map();
    outcomes.set(regime, { systems, shifts });
  }
  return { ...planned, regimes: outcomes };
}

async function measureSystems(
  run: Run,
  { world, tasks, fewer, systems }: PlannedWorld,
  regime: Regime,
): Promise<Map<string, SystemOutcome>> {
  const outcomes = new Map<string, SystemOutcome>();
  for (const system of systems.get(regime)!) {
    let scores: UnitScores = {};
    let answers: Outcome['answers'] = null;
    for (const name of system.tasks) {
      const recipe = (name === 'text' && system.unmasked) || system.recipe;
      const outcome = await measure(run, {
        system: { ...system, recipe },
        task: (system.isTradeOff ? fewer : tasks)[name],
        examples: world.regimes[regime].examples,
        label: `world ${world.number}, ${regime}, ${system.name}, ${name}`,
      });
      scores = { ...scores, ...outcome.scores };
      answers ??= outcome.answers;
    }
    for (const { name } of new Set([system.recipe, system.unmasked ?? system.recipe])) {
      await run.service.unload(name);
    }
    outcomes.set(system.name, { scores, answers: answers! }); // every system answers something
  }
  return outcomes;
}

async function studyShifts(
  run: Run,
  { world, fewer, systems }: PlannedWorld,
  regime: Regime,
  form: Form,
): Promise<Map<ExpertKind, readonly ShiftedAnswer[]>> {
  const shifts = new Map<ExpertKind, readonly ShiftedAnswer[]>();
  for (const kind of expertKinds) {
    const system = systems.get(regime)!.find(({ name }) => name === kind)!;
    const label = `world ${world.number}, ${regime}, ${kind}, shifts`;
    const { task } = fewer[answeredTask(regime)];
    shifts.set(kind, await measureShifts(run, { system, task, form, label }));
    await run.service.unload(system.recipe.name);
  }
  return shifts;
}

/** Style and fact are told apart in chats. */
function isStudied(regime: Regime): boolean {
  return regime !== 'notation';
}
