/**
 * Contrast of colours (WCAG 2.2, criteria 1.4.3 and 1.4.11). The operator chooses one accent colour; the pages use it
 * on light and dark surfaces, as text and as background.
 */

/** WCAG 2.2, 1.4.3 at level AA: text of ordinary size against its background. */
const MIN_TEXT_CONTRAST = 4.5;

/** Share of black or white that each step adds. */
const STEP = 0.02;

type Rgb = readonly [number, number, number];

/** Whether `value` is `#rgb` or `#rrggbb`. */
export function isHexColor(value: string): boolean {
  return /^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i.test(value);
}

/** The contrast ratio of two hex colours, from 1 (the same) to 21 (black on white). */
export function contrastRatio(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(parse(one)), luminance(parse(other))].sort(
    (a, b) => a - b,
  );
  return (light + 0.05) / (dark + 0.05);
}

/**
 * `color`, mixed with black on a light surface and with white on a dark one, until its contrast is sufficient for
 * text in this colour on the surface, and for text in the surface's colour on it.
 */
export function readableOn(surface: string, color: string): string {
  const isLight = luminance(parse(surface)) > 0.5;
  const goal: Rgb = isLight ? [0, 0, 0] : [255, 255, 255];
  for (let share = 0; share < 1; share += STEP) {
    const candidate = format(mix(parse(color), goal, share));
    if (contrastRatio(candidate, surface) >= MIN_TEXT_CONTRAST) return candidate;
  }
  return format(goal);
}

function parse(hex: string): Rgb {
  const digits = hex.length === 4 ? hex.replace(/[0-9a-f]/gi, '$&$&') : hex;
  const value = Number.parseInt(digits.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function format(rgb: Rgb): string {
  return `#${rgb.map((channel) => Math.round(channel).toString(16).padStart(2, '0')).join('')}`;
}

function mix([r, g, b]: Rgb, [toR, toG, toB]: Rgb, share: number): Rgb {
  return [r + (toR - r) * share, g + (toG - g) * share, b + (toB - b) * share];
}

/** Relative luminance of sRGB, as defined by WCAG 2.2. */
function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((channel) => {
    const value = channel / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
