import { Button, Menu } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { EllipsisVertical, Pause, Play, RefreshCw, Square } from "lucide-react";
import { useState } from "react";
import { problemOf } from "../../api/http";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { Confirm } from "../../parts/Confirm";
import { words } from "../../words/sources";
import { change, readNow, removeSource, stopRun, useRefresh } from "../calls";
import type { Watched } from "../types";
import { Backfill } from "./Backfill";

type Asking = "pause" | "stop" | "remove" | "backfill" | null;

interface ActionsProps {
  watched: Watched;
  say: (text: string) => void;
}

/** What can be done with a source as a whole. What stops or loses something is asked once more. */
export function Actions({ watched, say }: ActionsProps) {
  const { name, activity, run } = watched;
  const [asking, setAsking] = useState<Asking>(null);
  const navigate = useNavigate();
  const refresh = useRefresh(name);
  const close = () => setAsking(null);
  const doing = useMutation({
    mutationFn: (what: { work: () => Promise<unknown>; said: string }) => what.work(),
    onSuccess: async (_, { said }) => {
      say(said);
      await refresh();
    },
  });
  const under = activity === "running" || activity === "queued" || activity === "stuck";
  return (
    <>
      {under && run?.state !== "stopping" && (run !== null || activity !== "running") && (
        <Button variant="default" leftSection={<Square aria-hidden size={14} />} onClick={() => setAsking("stop")}>
          {words.detail.stop}
        </Button>
      )}
      {activity === "paused" ? (
        <Button
          leftSection={<Play aria-hidden size={15} />}
          loading={doing.isPending}
          onClick={() => doing.mutate({ work: () => change(name, { state: "active" }), said: words.detail.resumed })}
        >
          {words.detail.resume}
        </Button>
      ) : (
        <>
          <Button variant="default" leftSection={<Pause aria-hidden size={15} />} onClick={() => setAsking("pause")}>
            {words.detail.pause}
          </Button>
          <Button
            leftSection={<RefreshCw aria-hidden size={15} />}
            loading={doing.isPending}
            disabled={activity === "running"}
            onClick={() => doing.mutate({ work: () => readNow(name), said: words.detail.asked })}
          >
            {words.detail.readNow}
          </Button>
        </>
      )}
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <Button variant="default" px={8} aria-label={words.detail.more}>
            <EllipsisVertical aria-hidden size={16} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item disabled={activity === "paused"} onClick={() => setAsking("backfill")}>
            {words.detail.backfill}
          </Menu.Item>
          <Menu.Item color="red" onClick={() => setAsking("remove")}>
            {words.detail.remove}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {doing.error && <ProblemNotice problem={problemOf(doing.error)} />}
      <Confirm
        opened={asking === "stop"}
        title={words.detail.stopTitle}
        action={words.detail.stop}
        onClose={close}
        onConfirm={async () => {
          const { stopping } = await stopRun(name);
          say(stopping ? words.detail.stopped : words.detail.unqueued);
          await refresh();
        }}
      >
        {words.detail.stopText}
      </Confirm>
      <Confirm
        opened={asking === "pause"}
        title={words.detail.pauseTitle(name)}
        action={words.detail.pause}
        onClose={close}
        onConfirm={async () => {
          await change(name, { state: "paused" });
          say(words.detail.paused);
          await refresh();
        }}
      >
        {words.detail.pauseText}
      </Confirm>
      <Confirm
        danger
        opened={asking === "remove"}
        title={words.detail.removeTitle(name)}
        action={words.detail.remove}
        onClose={close}
        onConfirm={async () => {
          await removeSource(name);
          await navigate({ to: "/sources" });
        }}
      >
        {words.detail.removeText(words.documents(watched.documents))}
      </Confirm>
      <Backfill name={name} opened={asking === "backfill"} onClose={close} say={say} />
    </>
  );
}
