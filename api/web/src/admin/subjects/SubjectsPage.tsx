import { Button, NativeSelect, Radio, TagsInput, TextInput } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { Confirm } from "../../parts/Confirm";
import { Page, Section } from "../../parts/Page";
import { Failed } from "../../parts/States";
import { Status } from "../../parts/Status";
import { may } from "../../shell/areas";
import { useSignedIn } from "../../shell/session";
import { words } from "../../words/admin";
import { useAnnounce, useChange } from "../../parts/announcing";
import classes from "../../parts/form.module.css";
import { save } from "../../parts/saving";
import narrow from "../shared/narrow.module.css";
import { StopButton } from "../shared/StopButton";
import { useFields } from "../../parts/useFields";
import { useStoppable } from "../../parts/useStoppable";
import type { SignedReport } from "../types";
import { PastReports, REPORTS } from "./PastReports";
import { ReportView } from "./ReportView";

const route = getRouteApi("/in/admin/subjects");
const said = words.subjects;
const SIDES = ["both", "asker", "about"] as const;

interface Values {
  email: string;
  side: (typeof SIDES)[number];
  names: string[];
  documents: "suppress" | "labels-only";
}
type Doing = "export" | "preview";

export function SubjectsPage() {
  const { email } = route.useSearch();
  const session = useSignedIn();
  const change = useChange();
  const announce = useAnnounce();
  const fields = useFields<Values>({ email: email ?? "", side: "both", names: [], documents: "suppress" }, { email: /address|person|nobody/i });
  const { values, set, text } = fields;
  const [shown, setShown] = useState<SignedReport | null>(null);
  const [doing, setDoing] = useState<Doing | null>(null);
  const [erasing, setErasing] = useState(false);
  const [typed, setTyped] = useState("");
  const looking = useStoppable();
  const who = { email: values.email.trim(), side: values.side, names: values.names };
  const erase = (dry: boolean, signal?: AbortSignal) =>
    reply(api.POST("/v1/subjects/erase", { body: { ...who, documents: values.documents, dry_run: dry }, signal }));
  const work = async (what: Doing, call: (signal: AbortSignal) => Promise<void>) => {
    setDoing(what);
    setShown(null);
    await looking.run((signal) => fields.attempt(() => call(signal)));
    setDoing(null);
  };
  const preview = () => work("preview", async (signal) => setShown(await erase(true, signal)));
  const exported = () =>
    work("export", async (signal) => {
      const call = api.POST("/v1/subjects/export", { body: who, parseAs: "blob", signal });
      save(`${who.email}.zip`, await reply<Blob>(call));
      announce(said.wasExported(who.email));
    });
  const erased = async () => {
    setShown(await change(erase(false), said.wasErased(who.email), REPORTS));
  };
  return (
    <Page title={words.pages.subjects} about={said.about}>
      <form
        className={`${classes.form} ${classes.panel}`}
        onSubmit={(event) => {
          event.preventDefault();
          void preview();
        }}
      >
        <div className={classes.row}>
          <TextInput type="email" label={said.whose} description={said.whoseHint} required {...text("email")} />
          <TagsInput
            label={said.names}
            description={said.namesHint}
            maxTags={20}
            value={values.names}
            onChange={(names) => set("names", names)}
          />
        </div>
        <Radio.Group
          label={said.side}
          value={values.side}
          onChange={(side) => set("side", SIDES.find((each) => each === side) ?? "both")}
        >
          <div className={`${classes.form} ${classes.choices}`}>
            {SIDES.map((side) => (
              <Radio key={side} value={side} label={said.sides[side]} description={said.sideHints[side]} />
            ))}
          </div>
        </Radio.Group>
        <NativeSelect
          label={said.documents}
          description={said.documentsHints[values.documents]}
          disabled={values.side === "asker"}
          data={[
            { value: "suppress", label: said.suppress },
            { value: "labels-only", label: said.labelsOnly },
          ]}
          {...text("documents")}
        />
        <div className={classes.buttons}>
          {may(session, ["subject.erase"]) && (
            <Button type="submit" classNames={{ root: narrow.wraps, label: narrow.label }} loading={doing === "preview"}>
              {said.preview}
            </Button>
          )}
          {may(session, ["subject.export"]) && (
            <Button variant="default" loading={doing === "export"} disabled={!who.email} onClick={() => void exported()}>
              {said.export}
            </Button>
          )}
          <StopButton of={looking} />
          <span role="status">{doing && <Status tone="busy">{said.doing[doing]}</Status>}</span>
        </div>
      </form>
      {looking.failure !== null && <Failed error={looking.failure} />}
      <div role="status" className={shown ? classes.end : undefined}>
        {shown && <Status tone="good">{said.ready}</Status>}
      </div>
      {shown && (
        <Section
          title={shown.report.dry_run ? said.wouldBe(who.email) : said.wasDone}
          actions={
            shown.report.dry_run && (
              <Button
                color="red"
                onClick={() => {
                  setTyped("");
                  setErasing(true);
                }}
              >
                {said.erase}
              </Button>
            )
          }
        >
          <ReportView signed={shown} />
        </Section>
      )}
      {may(session, ["subject.erase"]) && <PastReports />}
      <Confirm
        opened={erasing}
        title={said.eraseTitle(who.email)}
        action={said.erase}
        danger
        onClose={() => setErasing(false)}
        onConfirm={erased}
      >
        <p>{said.eraseHint}</p>
        <TextInput
          label={words.people.leaving.typeAddress(who.email)}
          value={typed}
          required
          pattern={who.email.replaceAll(/[.+]/g, "\\$&")}
          title={words.people.leaving.typeAddress(who.email)}
          autoComplete="off"
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
      </Confirm>
    </Page>
  );
}
