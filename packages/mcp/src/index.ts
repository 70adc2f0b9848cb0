export { type GuardClientSettings, guardClient, type McpClient } from './guard-client.ts'
