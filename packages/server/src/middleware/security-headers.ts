/** Headers of every answer. An answer's own ones of the same name win: the documents allow themselves a style sheet. */
export const SECURITY_HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  // Answers differ by key and hold decisions: no cache between may keep them.
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
} as const
