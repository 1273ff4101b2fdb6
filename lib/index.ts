/** The names a notebook needs, one by one. */
export { InputError } from "./core/errors.ts";
export { type Random, random, sample, shuffled } from "./core/random.ts";
export { type FloatTensor, float32, type HostTensor, int32, type Params, type Tensors } from "./core/tensor.ts";
export { type LabelledTexts, labelled } from "./data/labelled.ts";
export { type LoadOptions, loadIntents, readClasses } from "./data/load.ts";
export { loadPairs } from "./data/pairs.ts";
export type { ClassTexts, IntentSet, PairSet, Part, TextPair } from "./data/types.ts";
export { type Encoder, loadEncoder, saveEncoder } from "./encoder/encoder.ts";
export { encoderHash } from "./encoder/hash.ts";
export { POOLINGS, type Pooling } from "./encoder/pooling.ts";
export { readEpisodes, writeEpisodes } from "./episodes/frozen.ts";
export { samplePairs } from "./episodes/pairs.ts";
export { poolOf } from "./episodes/pool.ts";
export { PROTOCOLS, type ProtocolName } from "./episodes/protocols.ts";
export { sampleEpisode, sampleEpisodes } from "./episodes/sample.ts";
export { type EpisodeLine, episodeTable } from "./episodes/table.ts";
export type { Episode, EpisodeList, EpisodeShape, Pair, TextPool } from "./episodes/types.ts";
export { type Estimate, estimate } from "./evaluate/accuracy.ts";
export { type Confusions, confusions } from "./evaluate/confusion.ts";
export { type PairCosines, type PairCosinesOptions, pairCosines } from "./evaluate/cosines.ts";
export { type RiskCoverage, type RocCurve, riskCoverage, rocCurve } from "./evaluate/curves.ts";
export { type DrawOptions, drawEpisodes } from "./evaluate/draw.ts";
export type { EvaluateOptions, Evaluation } from "./evaluate/evaluate.ts";
export { type Geometry, geometry } from "./evaluate/geometry.ts";
export { type NearText, nearestTexts } from "./evaluate/nearest-texts.ts";
export { auroc, confidences } from "./evaluate/open-set.ts";
export { type PairedDifference, pairedDifference } from "./evaluate/paired.ts";
export { bestPairThreshold, type PairEvaluation } from "./evaluate/pairs.ts";
export { allButTheTop, type PostProcessing, whitening } from "./evaluate/post-processing.ts";
export { type Preserved, preserved } from "./evaluate/preserved.ts";
export { type Projection, type ProjectionMethod, project, projectTogether } from "./evaluate/projection.ts";
export { type Availability, availableExecutors } from "./executor/available.ts";
export { compiledExecutor } from "./executor/compiled.ts";
export { DEVICES, type Device, type Opened, openDevice } from "./executor/device.ts";
export { eagerExecutor } from "./executor/eager.ts";
export { gradientOf, withGradients } from "./executor/gradients.ts";
export { printGraph } from "./executor/graph.ts";
export { simplify } from "./executor/simplify.ts";
export { countNodes, graphWork, matmulOperations } from "./executor/summary.ts";
export { loadTensorFlow, type TensorFlow, tensorflowExecutor } from "./executor/tensorflow.ts";
export { trace } from "./executor/trace.ts";
export type { Executor, GraphFunction, Program } from "./executor/types.ts";
export { DISTANCES, type Distance } from "./heads/distances.ts";
export { headSettings, seedSettings } from "./heads/head.ts";
export { HEADS, type Head, type HeadName, type HeadSettings } from "./heads/types.ts";
export { type AnswersOptions, answersTable } from "./kit/answers.ts";
export { type ClassConfusions, type ConfusionsOptions, classConfusions } from "./kit/confusions.ts";
export { differencesTable } from "./kit/differences.ts";
export { type ExperimentOptions, experiment, quickRun } from "./kit/experiment.ts";
export { compareOutputs, countSessions, refusals, relativeSpeed } from "./kit/graph-runs.ts";
export { matmulsOf, removedNodes, stageCounts, stepWork, workBars } from "./kit/graph-tables.ts";
export { headFunction, stepFunction, type Traceable } from "./kit/graphs.ts";
export { copyModel, matching, type NetworkOptions, network, prototypical, siamese } from "./kit/networks.ts";
export {
  evaluatePairs,
  type IntentPairsOptions,
  intentPairs,
  type PairRun,
  pairScores,
  pairTable,
  trainOnPairs,
} from "./kit/pairs.ts";
export { compareCurves, type KitTrainOptions, type Run, train } from "./kit/run.ts";
export { embeddingSpaces, type Spaces } from "./kit/spaces.ts";
export { classifier, embed, evaluate } from "./kit/use.ts";
export { type Classifier, createClassifier, type Prediction } from "./model/classifier.ts";
export { createEmbedder, type Embedder } from "./model/embed.ts";
export { type Exported, exportModel } from "./model/export.ts";
export {
  createModel,
  type FewShotModel,
  loadModel,
  type ModelOverrides,
  type ModelSettings,
  saveModel,
} from "./model/model.ts";
export { readThreshold } from "./model/saved.ts";
export { createViews, type View, type Views } from "./model/views.ts";
export { bars } from "./plots/bars.ts";
export { confusionMatrix } from "./plots/confusion.ts";
export { curves, trainingCurves } from "./plots/curves.ts";
export { type EmbeddingPanel, embeddingMap } from "./plots/embedding.ts";
export type { EmbeddingPoint } from "./plots/embedding-traces.ts";
export type { Figure } from "./plots/figure.ts";
export { heatmap } from "./plots/heatmap.ts";
export { type HistogramOptions, histogram } from "./plots/histogram.ts";
export { type IntervalPoint, type IntervalsOptions, intervals } from "./plots/intervals.ts";
export { riskCoverageCurves, rocCurves } from "./plots/open-set.ts";
export { studyPage } from "./plots/page.ts";
export { show } from "./plots/show.ts";
export { figurePng, figureSvg } from "./plots/static.ts";
export { loadFigure, writeFigure } from "./plots/write.ts";
export { type Corpus, readCorpus } from "./pretrain/corpus.ts";
export { newEncoder, type PretrainOptions, pretrain } from "./pretrain/pretrain.ts";
export { describeSet, type ExamplesOptions, exampleTexts, tokenCounts } from "./results/describe.ts";
export { environment } from "./results/environment.ts";
export { toFrame } from "./results/frame.ts";
export { loadRows } from "./results/load.ts";
export { pivot, writeTable } from "./results/pivot.ts";
export { type Row, toCsv, toMarkdown } from "./results/table.ts";
export { ablation } from "./studies/ablation.ts";
export { ABLATION, ABLATION_QUICK, type AblationConfig, RAW_ABLATION } from "./studies/ablation-config.ts";
export { adaptation } from "./studies/adaptation.ts";
export type { AdaptationConfig } from "./studies/adaptation-config.ts";
export { comparison } from "./studies/comparison.ts";
export { type ComparisonConfig, FIRST_TABLES, INTENTS, INTENTS_QUICK } from "./studies/comparison-config.ts";
export { type FitOptions, trainModel } from "./studies/fit.ts";
export type { HeadChoice, HeadsConfig } from "./studies/heads.ts";
export { type IntervalWidthsConfig, intervalWidths } from "./studies/interval-widths.ts";
export { type OpenSetConfig, openSet } from "./studies/open-set.ts";
export type { PairTrainOptions } from "./studies/pairs.ts";
export { type PostProcessingConfig, postProcessing } from "./studies/post-processing.ts";
export { protocolDefaults } from "./studies/protocol.ts";
export { type RepresentationsConfig, representations } from "./studies/representations.ts";
export { type SentencePairsConfig, sentencePairs } from "./studies/sentence-pairs.ts";
export { byShots, type ShotsConfig } from "./studies/shots.ts";
export type { StudyOptions, StudyResult } from "./studies/study.ts";
export { type TrainRun, trainRun } from "./studies/train-run.ts";
export type { HeadTraining } from "./studies/train-task.ts";
export { learnVocabulary } from "./tokenizer/learn.ts";
export { loadTokenizer } from "./tokenizer/load.ts";
export type { Tokenizer } from "./tokenizer/types.ts";
export { TrainingError } from "./train/trainer.ts";
export type { TrainOptions, TrainResult } from "./train/types.ts";
