/** What each figure means, where it is shown on hover and focus. One place, so that a word means the same on every page. */
export const DEFINITIONS = {
  risk: 'Estimated probability that the outcome of this call will be negative, from what was known before it ran.',
  riskInterval:
    'Where the risk lies, given how much evidence there is: a narrow band rests on many outcomes, a wide one on few.',
  contribution:
    'How much one piece of evidence moves the risk, in log-odds: +0.7 about doubles the odds of a bad outcome, −0.7 halves them.',
  stake: 'The value of the call in its own unit, as the tool’s owner defined it. Empty where the call has none.',
  expires: 'When this request ends by itself. Unanswered means refused: the call will not run.',
  digest:
    'SHA-256 over tool, arguments, actor and target. The answer is good for exactly this call, once; anything changed is refused.',
  provenance:
    'Where an argument’s value was seen before: in the user’s words, in a tool’s output, in both, or nowhere.',
  similarity: 'How alike a past case is, from 0 to 1: tool, domain, actor, target, value, arguments and age.',
  confidence: 'How much evidence stands behind the estimate, from 0 to 1. It says nothing about good or bad.',
  recommendation:
    'The option with the smallest expected cost under the policy’s costs; constraints can only make it stricter.',
  result: 'What the decision came to: allowed, held for a person, or blocked.',
  outcome: 'What really happened after execution, as reported. A later report corrects an earlier one.',
  effect:
    'One run of the tool, claimed once. Unknown means that the process died after the claim and nobody has said since.',
  loss: 'Losses of 256 draws over the risk and the severities on record, in units of an ordinary call of this action.',
  regret: 'Expected cost of the chosen option over that of the option that would be best with hindsight, 0 to 1.',
  health: 'How a run is going: failures, refusals, repetitions, irreversible steps and unverified changes so far.',
  cumulativeRisk: 'Probability that at least one of the run’s earlier steps ends badly.',
  cumulativeCost: 'Sum of the values of the run’s earlier calls that were executed.',
  verificationDebt: 'Changes made in this run that nothing has checked since.',
  followRate: 'Share of decisions with an outcome in which the recommendation was followed.',
  positiveAfterFollowing: 'Share of good outcomes where the recommendation was followed.',
  quadrant: 'Decisions with a good or bad outcome, by whether the recommendation was followed.',
  calibrationError:
    'Average distance between predicted risk and observed rate over bins of equal count. 0 is perfect; up to 0.05 counts as good.',
  brier: 'Mean squared difference between predicted risk and what happened (1 bad, 0 good). 0 is perfect, 0.25 a coin.',
  predictedRisk: 'Mean of the risks as they were predicted, never recomputed.',
  observedRate: 'Share of reported outcomes that were negative.',
  drift:
    'Difference of the observed bad rates of two neighbouring windows over its standard error. Beyond about 2 it is no chance.',
  reliability:
    'Each dot is a bin of equally many predictions: predicted risk across, observed rate up, with its 95 % interval. On the diagonal the prediction is right.',
  support: 'Number of outcomes behind a finding.',
  held: 'Calls that would have waited for a person.',
  blocked: 'Calls that would have been refused at once.',
  harmStopped: 'Known bad outcomes among the calls that would have been held or blocked.',
  valueStopped: 'Sum of the values of those calls with known bad outcomes.',
  goodBlocked: 'Known good outcomes among the calls that would have been blocked: the price of being strict.',
  minutes: 'Calls held × minutes a person needs for one, which you say. It is the only assumption here.',
  usage: 'Calls that this rule let through today, and how many more it will.',
  pendingAge: 'Time since the decision. A call that ran and has no outcome teaches nothing yet.',
  failureCount: 'Deliveries that failed in a row. After too many the webhook is switched off.',
  chain:
    'Each record carries a hash over its content and over the record before it, so a change or a gap is detectable.',
} as const

export type DefinitionName = keyof typeof DEFINITIONS
