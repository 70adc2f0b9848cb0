/** What every figure of the report means, in the order in which a reader meets them. */
export const DEFINITIONS: readonly (readonly [term: string, meaning: string])[] = [
  [
    'Replay',
    'Each decision is judged by what was known before it; its outcome is learned only when it was due. No figure has seen its own answer.',
  ],
  ['With outcome', 'Decisions whose outcome is known and not neutral. Only these are scored.'],
  ['Risk', 'The estimated probability that the outcome will be bad, between 0 and 1.'],
  [
    'Log loss',
    'Mean of −ln of the probability given to what happened, in nats; 0 is perfect, 0.693 is always saying ½. Probabilities are clipped to [1e-5, 1 − 1e-5].',
  ],
  ['Brier score', 'Mean squared difference between risk and outcome (0 or 1); 0 is perfect.'],
  [
    'ECE',
    'Expected calibration error: the mean difference, without sign, between estimated and observed rate over 15 bins of equal count; 0 is perfect.',
  ],
  ['AUC', 'How often a bad call got a higher risk than a good one, ties counted half; 0.5 is chance.'],
  ['Average precision', 'Mean share of bad calls among all calls of at least the same risk, taken at each bad one.'],
  [
    'Harm stopped',
    'Share of all bad calls that is among those held or blocked. With a percentage: among that share of calls, riskiest first.',
  ],
  [
    'Held, blocked',
    'Calls that would wait for a person; calls that would be refused. As advised, whatever the enforcement mode.',
  ],
  [
    'Peers',
    'Running base rate: share of bad outcomes so far, (bad + ½) / (n + 1). Per-action mean: each action’s own share, drawn to the base rate with the weight of ten outcomes. Both learn by the same rules as the engine.',
  ],
  [
    'Confidence',
    'How much evidence stands behind an estimate: low, medium or high, as the engine reports it with each decision.',
  ],
  [
    'Interval holds',
    'For buckets with at least 100 outcomes: the 95 % interval of the observed rate (Wilson) meets the range between the mean ends of the decisions’ 90 % risk intervals.',
  ],
  [
    'Value',
    'Sum of |value| in the log’s own unit. At stake: of bad calls that run. Decisions without a value count as nothing.',
  ],
  [
    'Expected and realised cost',
    'In ordinary stakes, by the costs of the first configuration: proceeding costs the loss, caution and review cost their price and the loss they do not prevent, a block costs the wrong block if the call was good. Expected by the estimated risk; realised by what happened.',
  ],
  [
    'Difference and interval',
    'Another configuration minus the first, on the same decisions. The interval is the percentile bootstrap, 95 %, of 2,000 resamples of whole runs (decisions outside of a run by themselves), with a fixed seed.',
  ],
]
