import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { Code } from "../../parts/Code";
import { Facts } from "../../parts/Facts";
import { Section } from "../../parts/Page";
import { Failed, Loading } from "../../parts/States";
import { words } from "../../words/review";
import { CopyText } from "./CopyText";
import classes from "./RecordPage.module.css";

const said = words.record;

function Shown({ seq }: { seq: number }) {
  const proof = useQuery({
    queryKey: ["review", "record", seq, "proof"],
    queryFn: () => reply(api.GET("/v1/audit/records/{seq}/proof", { params: { path: { seq } } })),
  });
  if (proof.error) return <Failed error={proof.error} onRetry={() => void proof.refetch()} />;
  if (!proof.data) return <Loading rows={3} />;
  return (
    <>
      <Facts
        of={[
          [said.size, words.number(proof.data.size)],
          [said.hash, <Code key="leaf" value={proof.data.leaf} characters={16} name={said.hash} />],
          [said.root, <Code key="root" value={proof.data.root} characters={16} name={said.root} />],
        ]}
      />
      <ol className={classes.proof} aria-label={said.proof}>
        {proof.data.proof.map((hash) => (
          <li key={hash}>
            <code>{hash}</code>
          </li>
        ))}
      </ol>
      <div className={classes.buttons}>
        <CopyText value={JSON.stringify(proof.data, null, 2)}>{said.copyProof}</CopyText>
      </div>
    </>
  );
}

/** What shows that a record is in the signed tree. */
export function Proof({ seq }: { seq: number }) {
  const [shown, setShown] = useState(false);
  return (
    <Section title={said.proof}>
      <p className={classes.hint}>{said.proofHint}</p>
      {shown ? (
        <Shown seq={seq} />
      ) : (
        <Button mt="sm" variant="default" onClick={() => setShown(true)}>
          {said.showProof}
        </Button>
      )}
    </Section>
  );
}
