import { ConfigurationError } from '@bighub/core'
import * as sdk from '@openai/agents'

// The SDK ignored tool guardrails until then, so blocked calls would run. A named import of what is missing would end in an error
// of the module loader, which says nothing of versions.
if (!('ToolGuardrailFunctionOutputFactory' in sdk))
  throw new ConfigurationError(
    '@openai/agents',
    'before 0.3.8 it ignores tool guardrails, so that blocked calls would run; install 0.14.0 or newer',
  )

/** What a tool guardrail may answer: allow, reject with a text for the model, throw. */
export const answer: typeof sdk.ToolGuardrailFunctionOutputFactory = sdk.ToolGuardrailFunctionOutputFactory
