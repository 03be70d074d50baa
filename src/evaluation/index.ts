export {
  calibrate,
  type CalibrationChoice,
  type CalibrationOptions,
  type CalibrationTrial,
} from './calibration/calibrate.ts';
export {
  parseConstraint,
  parseObjective,
  showConstraint,
  showObjective,
  type CalibrationConstraint,
  type Objective,
} from './calibration/objective.ts';
export { compareReached, type Reached, type ReachedComparison } from './calibration/reached.ts';
export { sharedItems, type SharedItem } from './calibration/shared-items.ts';
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
export type { ProgramPermissions } from './programs/index.ts';
export { readExamples } from './readers/read-examples.ts';
export {
  readTask,
  recogniseFormat,
  taskFormats,
  type ReadTaskOptions,
  type TaskFormat,
} from './readers/read-task.ts';
export { taskFiles } from './readers/task-files.ts';
export { isTaskModule, loadTaskModule } from './readers/task-module.ts';
export type { MetricSummary, SystemValue, SystemVerdict } from './report/metric-summary.ts';
export type { PerplexitySummary } from './report/perplexity-summary.ts';
export type { SystemRoles } from './report/roles.ts';
export type { SteeringSummary } from './report/steering-summary.ts';
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
export type { EvaluationSystem } from './run/system.ts';
export { answerShifts, type AnswerShiftOptions, type ShiftedToken } from './shift/answer-shifts.ts';
export { askedQuestions, type AskedQuestion } from './shift/asked-question.ts';
export {
  mostMoved,
  mostMovedDefaults,
  type MostMovedOptions,
  type MovedToken,
} from './shift/most-moved.ts';
export { readShiftLabels, type ShiftLabels } from './shift/shift-labels.ts';
export { summariseShifts, type ShiftStudy } from './shift/shift-study.ts';
export {
  bootstrapDefaults,
  bootstrapDifference,
  bootstrapInterval,
  bootstrapMean,
  createBootstrap,
  type BootstrapOptions,
  type Resample,
} from './statistics/bootstrap.ts';
export {
  comparePaired,
  type PairedComparison,
  type SampleSize,
} from './statistics/compare-paired.ts';
export type { Grouping } from './statistics/groups.ts';
export { holm } from './statistics/holm.ts';
export { defaultConfidence, type Interval } from './statistics/interval.ts';
export {
  permutationDefaults,
  permutationTest,
  type PermutationOptions,
} from './statistics/permutation-test.ts';
export { signTest } from './statistics/sign-test.ts';
export { wilsonInterval } from './statistics/wilson-interval.ts';
export {
  calibrateRecipe,
  requireCalibration,
  type CalibrateRecipeOptions,
  type CalibrationSearch,
  type CalibrationStudy,
} from './studies/calibrate.ts';
export { studyId, type RecipeStudy } from './studies/measured-recipe.ts';
export { studyShifts, type ShiftReport, type StudyShiftsOptions } from './studies/shift.ts';
export {
  sweep,
  sweepSettings,
  sweptParams,
  type SweepOptions,
  type SweepReport,
} from './studies/sweep.ts';
export { measureSetting, type SettingMeasurements } from './sweep/measure-setting.ts';
export { paretoOptimal } from './sweep/pareto.ts';
export { paramSetting, settingGrid, type SweepAxes, type SweepSetting } from './sweep/setting.ts';
export {
  summariseSweep,
  type MeasuredSetting,
  type SweepObjective,
  type SweepPoint,
  type SweepSummary,
} from './sweep/sweep-summary.ts';
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
