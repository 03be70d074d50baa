export { contentId } from './content-id.ts';
export { questionIn, type Example } from './example.ts';
export {
  gapClosed,
  type GapClosed,
  type GapClosedOptions,
  type TaskResults,
} from './gap-closed.ts';
export {
  answerMetrics,
  type AnswerMetric,
  type AnswerMetricName,
} from './metrics/answer-metrics.ts';
export type { Answer } from './metrics/answer.ts';
/** @public */
export { mc1, mc2, type ChoiceKey } from './metrics/choice-accuracy.ts';
/** @public */
export { clozeAccuracy, type ScoredContinuation } from './metrics/cloze-accuracy.ts';
/** @public */
export { distinctN } from './metrics/distinct-n.ts';
export { formatAdherence, type AnswerFormat } from './metrics/format-adherence.ts';
/** @public */
export { pairAccuracy } from './metrics/pair-accuracy.ts';
export { passAtK } from './metrics/pass-at-k.ts';
export { natsPerByte, perplexity, type Perplexity, type ScoredText } from './metrics/perplexity.ts';
export type { ProgramPermissions } from './programs/index.ts';
export {
  readConversations,
  type AnsweredConversation,
  type ReadConversations,
} from './readers/chats.ts';
export { readExamples } from './readers/read-examples.ts';
export { readPrompts } from './readers/read-prompts.ts';
export { readTask, type ReadTaskOptions, type TaskFormat } from './readers/read-task.ts';
export { taskFiles } from './readers/task-files.ts';
export { isTaskModule, loadTaskModule } from './readers/task-module.ts';
export { showDifference, showPValue, showRange, showShare, showValue } from './report/figures.ts';
export type { MetricSummary, SystemValue, SystemVerdict } from './report/metric-summary.ts';
export type { PerplexitySummary } from './report/perplexity-summary.ts';
export type { SystemRoles } from './report/roles.ts';
export { steeringTitle, type SteeringSummary } from './report/steering-summary.ts';
export {
  summarise,
  type EvaluationSummary,
  type GapSummary,
  type SummaryOptions,
  type TaskSummary,
} from './report/summary.ts';
export type { AnswerSummary, SystemSummary } from './report/system-summary.ts';
export {
  failureLines,
  gapLines,
  groupNotes,
  metricTable,
  otherTables,
  readingNotes,
  scheduleNotes,
  showItems,
  showSteering,
  type ReportTable,
} from './report/tables.ts';
export { writeReports } from './report/write-reports.ts';
/** @public */
export { TooManyFailuresError } from './run/evaluate.ts';
export {
  evaluate,
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
export {
  bootstrapInterval,
  bootstrapMean,
  createBootstrap,
  type BootstrapOptions,
  type Resample,
} from './statistics/bootstrap.ts';
/** @public */
export {
  comparePaired,
  type PairedComparison,
  type SampleSize,
} from './statistics/compare-paired.ts';
export type { Grouping } from './statistics/groups.ts';
export type { Interval } from './statistics/interval.ts';
export { mean } from './statistics/mean.ts';
export { wilsonInterval } from './statistics/wilson-interval.ts';
export {
  calibrateRecipe,
  requireCalibration,
  type CalibrateRecipeOptions,
  type CalibrationSearch,
  type CalibrationStudy,
} from './studies/calibrate/calibrate-recipe.ts';
export {
  calibrateRewards,
  type CalibrateRewardsOptions,
  type RewardCalibration,
} from './studies/calibrate/calibrate-rewards.ts';
export type { CalibrationTrial } from './studies/calibrate/calibrate.ts';
export {
  parseConstraint,
  parseObjective,
  showConstraint,
  showObjective,
  type CalibrationConstraint,
  type Objective,
} from './studies/calibrate/objective.ts';
export type { Reached, ReachedComparison } from './studies/calibrate/reached.ts';
export { studyId, type RecipeStudy } from './studies/measured-recipe.ts';
export type { SweepAxes, SweepSetting } from './studies/setting.ts';
export {
  answerShifts,
  type AnswerShiftOptions,
  type ShiftedToken,
} from './studies/shift/answer-shifts.ts';
export { askedQuestions, type AskedQuestion } from './studies/shift/asked-question.ts';
export type { MostMovedOptions, MovedToken } from './studies/shift/most-moved.ts';
export { readShiftLabels, type ShiftLabels } from './studies/shift/shift-labels.ts';
export { summariseShifts, type ShiftStudy } from './studies/shift/shift-study.ts';
export {
  studyShifts,
  type ShiftReport,
  type StudyShiftsOptions,
} from './studies/shift/study-shifts.ts';
export type {
  MeasuredSetting,
  SweepObjective,
  SweepPoint,
  SweepSummary,
} from './studies/sweep/sweep-summary.ts';
export {
  sweep,
  sweepSettings,
  sweptParams,
  type SweepOptions,
  type SweepReport,
} from './studies/sweep/sweep.ts';
export {
  createTask,
  type AnswerItem,
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
export type { TokenKind } from './token-kinds.ts';
export type { PositionGroup, ShiftSummary, TokenPlace, TokenShift } from './token-shifts.ts';
export {
  outcomeOf,
  verdictDefaults,
  type Outcome,
  type Verdict,
  type VerdictKind,
} from './verdict.ts';
