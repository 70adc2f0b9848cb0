import { useEffect, useState } from 'preact/hooks'

const THEMES = ['system', 'light', 'dark'] as const
type Theme = (typeof THEMES)[number]
const NAME = 'bighub-theme'

/** Light, dark, or as the system says. */
export function ThemeSwitch() {
  const [theme, setTheme] = useState<Theme>(readTheme)
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme
    try {
      localStorage.setItem(NAME, theme)
    } catch {
      // Without storage it holds as long as the page.
    }
  }, [theme])
  return (
    <label class="theme">
      <span class="hidden">Colours</span>
      <select value={theme} onChange={(event) => setTheme(toTheme(event.currentTarget.value))}>
        {THEMES.map((name) => (
          <option key={name} value={name}>
            {name === 'system' ? 'As system' : name === 'light' ? 'Light' : 'Dark'}
          </option>
        ))}
      </select>
    </label>
  )
}

function readTheme(): Theme {
  try {
    return toTheme(localStorage.getItem(NAME))
  } catch {
    return 'system'
  }
}

function toTheme(text: string | null): Theme {
  return THEMES.find((name) => name === text) ?? 'system'
}
