import { ActionIcon, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import { Monitor, Moon, Sun } from "lucide-react";

const NEXT: Record<MantineColorScheme, MantineColorScheme> = { auto: "light", light: "dark", dark: "auto" };
const LABEL: Record<MantineColorScheme, string> = {
  auto: "Colours follow the system",
  light: "Light colours",
  dark: "Dark colours",
};
const SIGN = { auto: Monitor, light: Sun, dark: Moon };

/** System, light, dark, and round again. The label says what holds now and what a press does. */
export function SchemeToggle() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Sign = SIGN[colorScheme];
  const next = NEXT[colorScheme];
  return (
    <ActionIcon
      variant="subtle"
      size={36}
      aria-label={`${LABEL[colorScheme]}. Change to: ${LABEL[next].toLowerCase()}`}
      title={LABEL[colorScheme]}
      onClick={() => setColorScheme(next)}
    >
      <Sign aria-hidden size={18} />
    </ActionIcon>
  );
}
