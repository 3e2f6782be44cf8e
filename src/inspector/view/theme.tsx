// Dark, light, or as the system has it. What was chosen is kept in this browser.

import {useState} from 'preact/hooks';

const themeName = 'rainbow.theme';
const themes = ['auto', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

/** Shows the page in the theme that was chosen last. */
export function applyTheme(): Theme {
  const kept = localStorage.getItem(themeName);
  const theme = themes.find((name) => name === kept) ?? 'auto';
  document.documentElement.dataset.theme = theme;
  return theme;
}

export function ThemeSwitch() {
  const [theme, setTheme] = useState<Theme>(applyTheme);
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'auto';
  return (
    <button
      type="button"
      class="theme"
      title={`Colours: ${theme}. Press for ${next}.`}
      aria-label={`Colours: ${theme}`}
      onClick={() => {
        localStorage.setItem(themeName, next);
        setTheme(applyTheme());
      }}
    >
      {theme === 'dark' ? '●' : theme === 'light' ? '○' : '◐'}
    </button>
  );
}
