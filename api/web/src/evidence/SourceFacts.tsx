import { useQuery } from "@tanstack/react-query";
import { CircleCheck, History } from "lucide-react";
import type { ReactNode } from "react";
import { sourcesQuery } from "../api/queries";
import type { DocumentRef, Staleness } from "../api/types";
import { Moment } from "../shell/Moment";
import { OutOfDate } from "../shell/OutOfDate";
import { words } from "../words/ask";
import classes from "./SourceFacts.module.css";

interface SourceFactsProps extends Staleness {
  document: DocumentRef;
  page: number | null;
  as_of: string;
  current?: boolean;
  support?: number;
}

function State({ current }: { current: boolean }) {
  return current ? (
    <p className={classes.state} data-state="current">
      <CircleCheck aria-hidden size={16} />
      <span>{words.source.current}</span>
    </p>
  ) : (
    <p className={classes.state} data-state="changed">
      <History aria-hidden size={16} />
      <span>{words.source.changed}</span>
    </p>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Which kind of system it is in, and who looks after that: they can say more than is written there. */
function SourceOf({ name }: { name: string }) {
  const source = useQuery(sourcesQuery).data?.find((each) => each.name === name);
  if (!source) return null;
  return (
    <>
      <Fact name={words.source.connector}>{source.title}</Fact>
      {source.owners.length > 0 && (
        <Fact name={words.source.owners(source.owners.length)}>{source.owners.join(", ")}</Fact>
      )}
    </>
  );
}

/** Where a passage comes from, and how far it can be relied upon. */
export function SourceFacts({ document, page, as_of, current, support, ...staleness }: SourceFactsProps) {
  return (
    <>
      {current !== undefined && <State current={current} />}
      <p className={classes.place}>
        {document.source} / {document.uri}
      </p>
      <dl className={classes.facts}>
        {page !== null && <Fact name={words.source.page}>{page}</Fact>}
        <Fact name={words.source.asOf}>
          <Moment at={as_of} /> <OutOfDate of={staleness} />
        </Fact>
        {document.modified_at && (
          <Fact name={words.source.edited}>
            <Moment at={document.modified_at} />
          </Fact>
        )}
        <SourceOf name={document.source} />
        {support !== undefined && (
          <Fact name={words.source.support}>
            <span className={classes.support}>
              <meter min={0} max={1} value={support} aria-label={words.source.support} />
              {Math.round(support * 100)}%
            </span>
          </Fact>
        )}
      </dl>
    </>
  );
}
