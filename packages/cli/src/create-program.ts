import { Command } from 'commander'
import { registerApprovals } from './approvals/register-approvals.ts'
import { registerBacktest } from './backtest/register-backtest.ts'
import { registerCompletion } from './completion/register-completion.ts'
import { registerConstraints } from './constraints/register-constraints.ts'
import { registerDemo } from './demo/register-demo.ts'
import { registerDoctor } from './doctor/register-doctor.ts'
import { registerEffects } from './effects/register-effects.ts'
import { registerErase } from './erasure/register-erase.ts'
import { registerKeys } from './keys/register-keys.ts'
import { registerKill } from './kill-switch/register-kill.ts'
import { registerLog } from './log/register-log.ts'
import { registerMcpProxy } from './mcp-proxy/register-mcp-proxy.ts'
import { registerOutcomes } from './outcomes/register-outcomes.ts'
import { registerPolicy } from './policy/register-policy.ts'
import { registerServe } from './serve/register-serve.ts'

/** The command with everything it can do. It throws what goes wrong, as commander does with wrong usage. */
export function createProgram(): Command {
  const program = new Command('bighub')
    .description('The decision layer in front of AI agents’ tool calls.')
    .showHelpAfterError('(bighub --help shows what there is)')
    .addHelpText('after', EXIT_CODES)
    .exitOverride()
  registerDemo(program)
  registerServe(program)
  registerMcpProxy(program)
  registerBacktest(program)
  registerApprovals(program)
  registerOutcomes(program)
  registerEffects(program)
  registerConstraints(program)
  registerPolicy(program)
  registerKill(program)
  registerLog(program)
  registerKeys(program)
  registerErase(program)
  registerDoctor(program)
  registerCompletion(program)
  return program
}

const EXIT_CODES = `
Exit codes: 0 done; 1 it failed; 2 the command was written wrongly; 3 what was checked does not hold
(a rule that forbids, a log that is broken).`
