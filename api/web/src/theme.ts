import { createTheme, Modal, type MantineColorsTuple } from "@mantine/core";
import { goOnAtTitle } from "./shell/focus";

const pine: MantineColorsTuple = [
  "#eff7f4",
  "#dcebe5",
  "#b8d8cc",
  "#8fc3b1",
  "#72bca4",
  "#67c3a9",
  "#3b9a80",
  "#277d66",
  "#196652",
  "#0f5445",
];

const stone: MantineColorsTuple = [
  "#e8ece9",
  "#c9d1cd",
  "#a7b3ae",
  "#82908a",
  "#5f6c67",
  "#3a4541",
  "#2c3532",
  "#1c2321",
  "#171d1b",
  "#111514",
];

/** As warm as the paper, where the library's own greys are cold. */
const sand: MantineColorsTuple = [
  "#faf9f6",
  "#f3f1eb",
  "#eae8e0",
  "#dedbd1",
  "#c9c6bb",
  "#a3a096",
  "#7b7c74",
  "#555d58",
  "#3b423f",
  "#1f2523",
];

export const theme = createTheme({
  colors: { pine, dark: stone, gray: sand },
  primaryColor: "pine",
  // Shades chosen so that text and filled controls keep a contrast of at least 4.5 in both schemes.
  primaryShade: { light: 9, dark: 5 },
  autoContrast: true,
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  fontFamily: "'Inter Variable', system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', Menlo, Consolas, monospace",
  headings: { fontWeight: "620" },
  components: {
    Modal: Modal.extend({
      defaultProps: { onExitTransitionEnd: goOnAtTitle },
      styles: {
        content: { border: "1px solid var(--line-strong)" },
        title: { fontWeight: 640, fontSize: "1.1rem", lineHeight: 1.3 },
      },
    }),
  },
});
