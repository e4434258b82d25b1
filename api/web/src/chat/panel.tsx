/** The source panel beside a conversation: what it shows, and where the focus goes once it closes. */

import { Skeleton } from "@mantine/core";
import { lazy, Suspense, useCallback, useRef, useState, type ReactNode } from "react";
import type { Sentence } from "../api/types";
import { SideDrawer } from "../shell/SideDrawer";
import { words } from "../words/ask";
import type { PanelTarget } from "./ChatContext";
import { evidenceOf } from "./conversation";

const SourcePanel = lazy(async () => ({ default: (await import("../evidence/SourcePanel")).SourcePanel }));

export const WIDE = "(min-width: 75em)";

export function usePanel() {
  const [target, setTarget] = useState<PanelTarget | null>(null);
  const opener = useRef<HTMLElement | null>(null);
  const open = useCallback((next: PanelTarget) => {
    const focused = document.activeElement;
    if (focused instanceof HTMLElement && !focused.closest("#source-panel")) opener.current = focused;
    setTarget(next);
  }, []);
  const close = useCallback(() => {
    setTarget(null);
    if (opener.current?.isConnected) opener.current.focus();
  }, []);
  return { target, setTarget, open, close };
}

/** Which answer the evidence is of, and by which share the reader came to it. */
export interface Origin {
  answerId: string | null;
  shareId?: string;
}

export function panelFor(
  target: PanelTarget,
  sentences: Sentence[],
  origin: Origin,
  onClose: () => void,
  show: (target: PanelTarget) => void,
): ReactNode {
  return (
    <Suspense fallback={<Skeleton h="100%" role="status" aria-label={words.source.loading} />}>
      <SourcePanel
        shown={
          target.kind === "passage"
            ? { passage: target.passage }
            : {
                evidence: { ...origin, citation: target.citation, siblings: evidenceOf(sentences, target.citation.n) },
              }
        }
        onClose={onClose}
        onStep={(citation) => show({ kind: "citation", turnKey: target.turnKey, citation })}
      />
    </Suspense>
  );
}

/** The panel where there is no room beside the conversation. */
export function PanelDrawer({ panel, onClose }: { panel: ReactNode; onClose: () => void }) {
  return (
    <SideDrawer
      name={words.source.panel}
      side="right"
      size="min(100%, 540px)"
      opened={panel !== null}
      onClose={onClose}
    >
      {panel}
    </SideDrawer>
  );
}
