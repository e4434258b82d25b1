import { CircleCheck, History } from "lucide-react";
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

/** Where a passage comes from, and how far it can be relied upon. */
export function SourceFacts({ document, page, as_of, current, support, ...staleness }: SourceFactsProps) {
  return (
    <>
      {current !== undefined && <State current={current} />}
      <p className={classes.place}>
        {document.source} / {document.uri}
      </p>
      <dl className={classes.facts}>
        {page !== null && (
          <div>
            <dt>{words.source.page}</dt>
            <dd>{page}</dd>
          </div>
        )}
        <div>
          <dt>{words.source.asOf}</dt>
          <dd>
            <Moment at={as_of} /> <OutOfDate of={staleness} />
          </dd>
        </div>
        {document.modified_at && (
          <div>
            <dt>{words.source.edited}</dt>
            <dd>
              <Moment at={document.modified_at} />
            </dd>
          </div>
        )}
        {support !== undefined && (
          <div>
            <dt>{words.source.support}</dt>
            <dd className={classes.support}>
              <meter min={0} max={1} value={support} aria-label={words.source.support} />
              {Math.round(support * 100)} %
            </dd>
          </div>
        )}
      </dl>
    </>
  );
}
