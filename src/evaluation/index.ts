export { contentId } from './content-id.ts';
export type { Example } from './example.ts';
export {
  gapClosed,
  gapClosedDefaults,
  taskGapClosed,
  type GapClosed,
  type GapClosedOptions,
  type TaskResults,
  type TaskScores,
} from './gap-closed.ts';
export {
  answerMetrics,
  type AnswerMetric,
  type AnswerMetricName,
} from './metrics/answer-metrics.ts';
export type { Answer } from './metrics/answer.ts';
export { mc1, mc2, type ChoiceKey } from './metrics/choice-accuracy.ts';
export { clozeAccuracy, type ScoredContinuation } from './metrics/cloze-accuracy.ts';
export { distinctN } from './metrics/distinct-n.ts';
export { lastNumber } from './metrics/final-number.ts';
export { formatAdherence, type AnswerFormat } from './metrics/format-adherence.ts';
export { normaliseAnswer } from './metrics/normalise-answer.ts';
export { pairAccuracy } from './metrics/pair-accuracy.ts';
export { passAtK } from './metrics/pass-at-k.ts';
export { perplexity, type Perplexity, type ScoredText } from './metrics/perplexity.ts';
export { tokensPerAnswer } from './metrics/tokens-per-answer.ts';
export { programLimits, type ProgramLimits } from './programs/limits.ts';
export { programSource } from './programs/program-source.ts';
export type { QuickJsPaths } from './programs/quickjs-packages.ts';
export type { ProgramFault, ProgramOutcome } from './programs/program-outcome.ts';
export type { ProgramPermissions } from './programs/program-runners.ts';
export { runProgram, type ProgramOptions } from './programs/run-program.ts';
export { runPython, type PythonOptions } from './programs/run-python.ts';
export { readExamples } from './readers/read-examples.ts';
export {
  readTask,
  recogniseFormat,
  taskFormats,
  type ReadTaskOptions,
  type TaskFormat,
} from './readers/read-task.ts';
export type { MetricSummary, SystemValue, SystemVerdict } from './report/metric-summary.ts';
export type { PerplexitySummary } from './report/perplexity-summary.ts';
export type { SystemRoles } from './report/roles.ts';
export {
  summarise,
  summaryDefaults,
  type EvaluationSummary,
  type GapSummary,
  type SummaryOptions,
  type TaskSummary,
} from './report/summary.ts';
export type { AnswerSummary, SystemSummary } from './report/system-summary.ts';
export { writeReports } from './report/write-reports.ts';
export {
  evaluate,
  evaluateDefaults,
  TooManyFailuresError,
  type EvaluateOptions,
  type Evaluation,
  type EvaluationProgress,
} from './run/evaluate.ts';
export {
  isFailed,
  type FailedItem,
  type GeneratedAnswer,
  type ItemCost,
  type ItemResult,
  type MeasuredItem,
  type ProgramSample,
} from './run/item-result.ts';
export { recipeFingerprint } from './run/recipe-fingerprint.ts';
export type { ItemRecord } from './run/result-log.ts';
export {
  describeRun,
  type DescribedRun,
  type DescribedSystem,
  type RunDescription,
} from './run/run-description.ts';
export { clearRunDirectory } from './run/run-directory.ts';
export type { EvaluationService, LoadedRecipe } from './run/service.ts';
export type { EvaluationSystem } from './run/system.ts';
export {
  bootstrapDefaults,
  bootstrapDifference,
  bootstrapInterval,
  bootstrapMean,
  type BootstrapOptions,
  type Resample,
} from './statistics/bootstrap.ts';
export {
  comparePaired,
  type PairedComparison,
  type SampleSize,
} from './statistics/compare-paired.ts';
export type { Grouping } from './statistics/groups.ts';
export { defaultConfidence, type Interval } from './statistics/interval.ts';
export {
  permutationDefaults,
  permutationTest,
  type PermutationOptions,
} from './statistics/permutation-test.ts';
export { signTest } from './statistics/sign-test.ts';
export { wilsonInterval } from './statistics/wilson-interval.ts';
export {
  createTask,
  type ChoiceItem,
  type ClozeItem,
  type EvaluationItem,
  type EvaluationTask,
  type GenerateItem,
  type ItemDraft,
  type PairItem,
  type ProgramItem,
  type ProgramLanguage,
  type TextItem,
  type TextPrompt,
} from './task.ts';
export { tokenKinds, type TokenKind, type TokenKindOptions } from './token-kinds.ts';
export {
  defaultPositionGroups,
  shiftsByKind,
  shiftsByPosition,
  toTokenShift,
  type PositionGroup,
  type ShiftSummary,
  type TokenPlace,
  type TokenShift,
} from './token-shifts.ts';
export {
  judgeRecipe,
  verdictDefaults,
  type SystemResults,
  type Verdict,
  type VerdictKind,
  type VerdictOptions,
} from './verdict.ts';
