import type { GeneralFeature } from '../../../packages/engine/src/features/general-features.ts'

/**
 * What is assumed before any stream is looked at, in log-odds: what cannot be undone or leaves the house is worse than a look, what the
 * user said is safer than what a tool's output said, above all next to text that gives orders. What is not named is 0. Chosen by
 * people who knew what such streams are about; the table of `--leave-one-out` shows what it is worth without what was learned.
 */
export const COMMON_SENSE: Readonly<Partial<Record<GeneralFeature, number>>> = {
  changes_something: 0.8,
  verb_read: -1.2,
  verb_browse: -0.8,
  verb_talk: -0.8,
  verb_update: 0.1,
  verb_send: 0.2,
  verb_pay: 0.2,
  verb_grant: 0.3,
  verb_execute: 0.3,
  verb_delete: 0.4,
  values_of_user: -0.4,
  values_of_user_and_none: -0.2,
  values_mixed: 0.1,
  values_of_tool_and_user: 0.1,
  values_of_tool: 0.4,
  taint: 0.8,
  strong_taint: 0.8,
  tainted_values_of_tool: 0.4,
  read_only_hint: -0.5,
  idempotent_hint: -0.1,
  open_world_hint: 0.1,
  destructive_hint: 0.5,
}
