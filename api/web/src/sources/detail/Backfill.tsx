import { Checkbox } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Confirm } from "../../parts/Confirm";
import { Facts } from "../../parts/Facts";
import { Loading } from "../../parts/States";
import { calendarTime } from "../../shell/time";
import { words } from "../../words/sources";
import { estimateQuery, readNow, useRefresh } from "../calls";
import { spanText } from "../durations";
import classes from "./Backfill.module.css";

interface BackfillProps {
  name: string;
  opened: boolean;
  onClose: () => void;
  say: (text: string) => void;
}

/** Reading everything again, with what that may take. */
export function Backfill({ name, opened, onClose, say }: BackfillProps) {
  const [empty, setEmpty] = useState(false);
  const refresh = useRefresh(name);
  const { data } = useQuery({ ...estimateQuery(name), enabled: opened });
  const close = () => {
    setEmpty(false);
    onClose();
  };
  return (
    <Confirm
      opened={opened}
      title={words.backfill.title(name)}
      action={words.backfill.action}
      danger={empty}
      onClose={close}
      onConfirm={async () => {
        await readNow(name, { full: true, confirm_empty: empty });
        say(words.detail.asked);
        await refresh();
      }}
    >
      <p className={classes.text}>{words.backfill.text}</p>
      {data ? (
        <>
          <Facts
            of={[
              [words.backfill.documents, data.documents.toLocaleString("en")],
              [words.backfill.estimate, data.seconds === null ? null : spanText(Math.max(1, data.seconds))],
            ]}
          />
          <p className={classes.basis}>
            {data.basis_started_at && data.basis_items !== null
              ? words.backfill.basis(words.documents(data.basis_items), calendarTime(data.basis_started_at))
              : words.backfill.noBasis}
          </p>
        </>
      ) : (
        <Loading rows={2} />
      )}
      <Checkbox
        checked={empty}
        onChange={({ currentTarget }) => setEmpty(currentTarget.checked)}
        label={words.backfill.empty}
        description={words.backfill.emptyHelp}
      />
    </Confirm>
  );
}
