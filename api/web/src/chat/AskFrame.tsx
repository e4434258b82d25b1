import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { may } from "../shell/areas";
import { Frame } from "../shell/Frame";
import { useSignedIn } from "../shell/session";
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
  const session = useSignedIn();
  const startNew = (): void => void navigate({ to: "/" });
  return (
    <Frame
      sideName={words.sidebar}
      side={
        // Somebody who only runs or reviews Vouch has no conversations.
        may(session, ["ask"]) && <Conversations currentId={null} onNew={startNew} onDeleted={() => undefined} />
      }
      panel={panel}
      panelName={words.source.panel}
    >
      <div className={frame.scroll}>{children}</div>
    </Frame>
  );
}
