import { createInterface } from 'node:readline/promises'
import type { ApprovalAnswer, ApprovalRequest } from '@bighub/core'
import { userName } from '../place/user-name.ts'

/** Answers holds: a person at the terminal, or the demo itself. */
export interface Person {
  answer(request: ApprovalRequest): Promise<ApprovalAnswer>
}

/** Asks at the terminal: y or n. Anything else asks again; the end of input declines. */
export function personAtTerminal(say: (text: string) => void): Person {
  return {
    async answer({ approval, signal }) {
      const terminal = createInterface({ input: process.stdin, output: process.stdout })
      // Ctrl-C ends the demo, not only the question.
      terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
      try {
        for (;;) {
          const text = await terminal.question(`      Approve ${approval.tool ?? approval.action}? [y/n] `, { signal })
          if (/^y(es)?$/i.test(text.trim())) return { resolution: 'approved', resolvedBy: userName() }
          if (/^no?$/i.test(text.trim())) return { resolution: 'denied', resolvedBy: userName() }
          say('      Please answer y or n.')
        }
      } catch {
        // Answered elsewhere meanwhile: what comes next stands on a line of its own.
        if (signal.aborted) say('')
        return { resolution: 'denied', resolvedBy: userName(), comment: 'no answer' }
      } finally {
        terminal.close()
      }
    },
  }
}

/**
 * The demo's own answers where nobody can be asked: what a careful clerk would say to these few calls. It says that it
 * answers itself.
 */
export function scriptedPerson(): Person {
  return {
    async answer({ approval }) {
      const isFromTicket = Object.values(approval.provenance ?? {}).includes('tool')
      const isCardRefund = approval.arguments?.['method'] === 'gift_card'
      return isFromTicket || isCardRefund
        ? { resolution: 'denied', resolvedBy: 'the demo' }
        : { resolution: 'approved', resolvedBy: 'the demo' }
    },
  }
}
