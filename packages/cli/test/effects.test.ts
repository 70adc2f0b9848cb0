import { join } from 'node:path'
import { createEngine } from '@bighub/engine'
import { startServer } from '@bighub/server'
import { afterAll, describe, expect, it } from 'vitest'
import { runCli, runProcess } from './run-cli.ts'
import { makeFolder } from './streams.ts'

const { path: folder, remove } = makeFolder()
afterAll(remove)

const file = join(folder, 'bighub.db')
const DIE = `
  import { createEngine } from '${new URL('../../engine/src/index.ts', import.meta.url).href}'
  const engine = createEngine({ file: ${JSON.stringify(file)} })
  const call = { tool: 'refund', effect_key: process.argv[1], arguments_digest: 'd' }
  await engine.evaluate({ action: 'refund', target: 'A-17', value: 5, context: { call } })
  process.kill(process.pid, 'SIGKILL')`

/** A process that claims a call and dies with it. */
async function dieClaiming(key: string): Promise<void> {
  const node = [process.execPath, '--conditions=bighub-source', '--input-type=module-typescript', '-e', DIE, key]
  await runProcess(node, folder)
}

const here = ['--data-dir', folder]

describe('bighub effects', { timeout: 60_000 }, () => {
  it('shows the call of a process that died as unknown, and takes word of what it came to', async () => {
    await dieClaiming('key-1')
    const listed = await runCli(['effects', 'list', '--state', 'unknown', '--json', ...here], folder)
    expect(listed).toMatchObject({ code: 0, stderr: '' })
    const { effects, total } = JSON.parse(listed.stdout) as { effects: { effect_id: string }[]; total: number }
    expect(total).toBe(1)
    expect(effects).toMatchObject([{ effect_key: 'key-1', state: 'unknown', tool: 'refund', target: 'A-17', value: 5 }])
    const id = effects[0]?.effect_id ?? ''

    const shown = await runCli(['effects', 'list', ...here], folder)
    expect(shown.stdout).toMatch(new RegExp(`^${id} +unknown +\\S+ +refund A-17 5$`, 'm'))

    const words = ['--as', 'succeeded', '--summary', 'the bank shows it']
    const resolved = await runCli(['effects', 'resolve', id, ...words, '--json', ...here], folder)
    expect(resolved).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(resolved.stdout)).toMatchObject({ state: 'succeeded', summary: 'the bank shows it' })

    const again = await runCli(['effects', 'resolve', id, '--as', 'failed', ...here], folder)
    expect(again).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('is succeeded') })
  })

  it('asks a server where one is named', async () => {
    await dieClaiming('key-2')
    const server = await startServer({ port: 0, dataDir: folder, adminKey: 'bhk_test_admin_key_0123456789' })
    try {
      const env = `BIGHUB_API_KEY=${server.adminKey}`
      const { code, stdout } = await runProcess(
        [
          'env',
          env,
          process.execPath,
          '--conditions=bighub-source',
          MAIN,
          'effects',
          'list',
          '--state',
          'unknown',
          '--json',
          '--url',
          server.url,
        ],
        folder,
      )
      expect(code).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({ effects: [{ effect_key: 'key-2', state: 'unknown' }] })
    } finally {
      await server.close()
    }
  })

  it('creates nothing where there is nothing, and says so', async () => {
    const nowhere = join(folder, 'nowhere')
    const { code, stderr } = await runCli(['effects', 'list', '--data-dir', nowhere], folder)
    expect(code).toBe(1)
    expect(stderr).toContain(`there is no ${join(nowhere, 'bighub.db')}`)
    await using engine = createEngine({ file })
    expect(await engine.statistics()).toMatchObject({ decisions: 2 })
  })

  it.each([
    [['effects', 'resolve', 'eff_1', '--as', 'maybe'], 'Allowed choices are succeeded, failed, not_run'],
    [['effects', 'list', '--state', 'lost'], 'Allowed choices are claimed'],
  ])('answers %j with exit code 2', async (args, message) => {
    const { code, stderr } = await runCli(args, folder)
    expect(code).toBe(2)
    expect(stderr).toContain(message)
  })
})

const MAIN = new URL('../src/main.ts', import.meta.url).pathname
