// A server of SDK 2, over stdio; its tools write to the file that the first argument names.
import { appendFileSync } from 'node:fs'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { createShopServer } from './shop-2.ts'

serveStdio(() => createShopServer((line) => appendFileSync(process.argv[2] ?? '', `${line}\n`)))
