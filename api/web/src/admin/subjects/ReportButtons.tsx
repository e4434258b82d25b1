import { Button } from "@mantine/core";
import { Download } from "lucide-react";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { problemOf } from "../../api/http";
import { Status } from "../../parts/Status";
import { words } from "../../words/admin";
import classes from "../../parts/form.module.css";
import { save } from "../../parts/saving";
import type { SignedReport } from "../types";

const said = words.subjects;
export type Verified = { ok: true; signer: string } | { ok: false; why: string };

/** Has the installation say whether a report is as it signed it. */
export async function verified(signed: SignedReport): Promise<Verified> {
  try {
    const { signer } = await reply(api.POST("/v1/subjects/verify", { body: signed }));
    return { ok: true, signer };
  } catch (error) {
    const { detail, title } = problemOf(error);
    return { ok: false, why: detail ?? title };
  }
}

export function VerifiedMark({ of }: { of: Verified }) {
  return <Status tone={of.ok ? "good" : "bad"}>{of.ok ? said.holds : said.fails(of.why)}</Status>;
}

/** A signed report to keep, and whether it is as it was signed. */
export function ReportButtons({ signed }: { signed: SignedReport }) {
  const [outcome, setOutcome] = useState<Verified | null>(null);
  return (
    <div className={classes.buttons}>
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<Download aria-hidden size={15} />}
        onClick={() => save(`report-${signed.report.request}.json`, `${JSON.stringify(signed, null, 2)}\n`, "application/json")}
      >
        {said.downloadReport}
      </Button>
      <Button size="compact-sm" variant="default" onClick={() => void verified(signed).then(setOutcome)}>
        {said.verify}
      </Button>
      <span role="status">{outcome && <VerifiedMark of={outcome} />}</span>
    </div>
  );
}
