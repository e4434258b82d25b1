import { TextInput } from "@mantine/core";
import { useState } from "react";
import { words } from "../../words/sources";
import type { SourceKind } from "../types";
import { capital } from "../form/schema";
import classes from "./Add.module.css";
import { StepHeading } from "./StepHeading";

interface KindStepProps {
  kinds: readonly SourceKind[];
  unknown: boolean;
  onChoose: (name: string) => void;
}

function fits({ title, name, category }: SourceKind, text: string): boolean {
  return [title, name, words.add.category[category] ?? category].some((each) => each.toLowerCase().includes(text));
}

/** The catalogue: what can be read, and how each is. */
export function KindStep({ kinds, unknown, onChoose }: KindStepProps) {
  const [text, setText] = useState("");
  const found = kinds
    .filter((kind) => fits(kind, text.trim().toLowerCase()))
    .toSorted((a, b) => Number(b.addable) - Number(a.addable) || a.title.localeCompare(b.title));
  return (
    <>
      <StepHeading at="kind" />
      {unknown && <p role="status">{words.add.unknownKind}</p>}
      <TextInput
        className={classes.find}
        label={words.add.find}
        value={text}
        onChange={({ currentTarget }) => setText(currentTarget.value)}
      />
      <ul className={classes.kinds}>
        {found.map((kind) => (
          <li key={kind.name} data-closed={!kind.addable || undefined}>
            <div className={classes.kindHead}>
              {kind.addable ? (
                <button type="button" onClick={() => onChoose(kind.name)}>
                  {kind.title}
                </button>
              ) : (
                <strong>{kind.title}</strong>
              )}
              <span>{words.add.category[kind.category] ?? kind.category}</span>
            </div>
            {kind.addable ? (
              <dl>
                <dt>{words.add.how.auth}</dt>
                <dd>{capital(kind.auth)}</dd>
                <dt>{words.add.how.permissions}</dt>
                <dd>{capital(kind.permissions)}</dd>
                <dt>{words.add.how.tested}</dt>
                <dd>{capital(kind.tested)}</dd>
              </dl>
            ) : (
              <p>{words.add.operatorOnly}</p>
            )}
          </li>
        ))}
      </ul>
      {found.length === 0 && <p role="status">{words.add.noKind}</p>}
    </>
  );
}
