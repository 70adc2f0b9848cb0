import { field, listField, textField } from '../provider/model-api.ts'

/** The text of what the user said, in order, from either form of a conversation. */
export function readUserText(input: string | readonly object[]): string[] {
  if (typeof input === 'string') return [input]
  return input.flatMap((item) => {
    if (textField(item, 'role') !== 'user') return []
    const content = field(item, 'content')
    if (typeof content === 'string') return [content]
    return [
      listField(item, 'content')
        .flatMap((part) => textField(part, 'text') ?? [])
        .join('\n'),
    ]
  })
}
