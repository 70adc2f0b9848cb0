import * as z from 'zod'

// The content security policy lets no text become code. zod would try, be refused, and go on; this way it does not try.
z.config({ jitless: true })
