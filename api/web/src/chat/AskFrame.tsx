import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Frame } from "../shell/Frame";
import { words } from "../words/ask";
import frame from "../shell/AreaFrame.module.css";
import { Conversations } from "./Conversations";

interface AskFrameProps {
  panel?: ReactNode;
  children: ReactNode;
}

/** The frame of the pages of Ask beside the chat: the same sidebar, without a conversation. */
export function AskFrame({ panel, children }: AskFrameProps) {
  const navigate = useNavigate();
  return (
    <Frame
      sideName={words.sidebar}
      side={<Conversations currentId={null} onNew={() => void navigate({ to: "/" })} onDeleted={() => undefined} />}
      panel={panel}
      panelName={words.source.panel}
    >
      <div className={frame.scroll}>{children}</div>
    </Frame>
  );
}
