import { NativeSelect, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { sourcesQuery } from "../../api/queries";
import { words } from "../../words/review";
import { RULES, STRATA } from "../search";

const said = words.samples;
const TIERS = ["extractive", "on_premise", "small", "large"] as const;

export interface Frame {
  rule: (typeof RULES)[number];
  of: string;
  below: string;
  strata: (typeof STRATA)[number];
}
export const FRAME: Frame = { rule: "random", of: "", below: "", strata: "none" };

/** What the server takes for a frame. Of what is left empty it decides itself. */
export function frameIn({ rule, of, below, strata }: Frame) {
  const named = rule === "tier" || rule === "source" || rule === "document";
  return {
    rule,
    of: named ? of.trim() : "",
    below: rule === "low_support" && below !== "" ? Number(below) : null,
    strata,
  };
}

interface FrameFieldsProps {
  frame: Frame;
  errors: Partial<Record<string, string>>;
  set: <Name extends keyof Frame>(name: Name, value: Frame[Name]) => void;
}

/** Which answers are drawn of. */
export function FrameFields({ frame, errors, set }: FrameFieldsProps) {
  const sources = useQuery(sourcesQuery);
  const { rule, of } = frame;
  const choices = rule === "tier" ? TIERS.map((value) => ({ value, label: words.tier(value) })) : (sources.data ?? []).map(({ name }) => name);
  return (
    <>
      <NativeSelect
        name="rule"
        label={said.rule}
        value={rule}
        error={errors.rule}
        data={RULES.map((value) => ({ value, label: words.rule(value) }))}
        onChange={(event) => {
          const wanted = RULES.find((each) => each === event.currentTarget.value);
          if (!wanted) return;
          set("rule", wanted);
          set("of", wanted === "tier" ? TIERS[0] : wanted === "source" ? (sources.data?.[0]?.name ?? "") : "");
        }}
      />
      {(rule === "tier" || rule === "source") && (
        <NativeSelect
          name="of"
          label={said.of[rule]}
          value={of}
          error={errors.of}
          data={choices}
          onChange={(event) => set("of", event.currentTarget.value)}
        />
      )}
      {rule === "document" && (
        <TextInput
          name="of"
          label={said.of.document}
          required
          value={of}
          error={errors.of}
          onChange={(event) => set("of", event.currentTarget.value)}
        />
      )}
      {rule === "low_support" && (
        <TextInput
          name="below"
          label={said.below}
          description={said.belowHint}
          inputMode="decimal"
          value={frame.below}
          error={errors.below}
          onChange={(event) => set("below", event.currentTarget.value)}
        />
      )}
      <NativeSelect
        name="strata"
        label={said.strata}
        value={frame.strata}
        error={errors.strata}
        data={STRATA.map((value) => ({ value, label: words.strata[value] }))}
        onChange={(event) => set("strata", STRATA.find((each) => each === event.currentTarget.value) ?? "none")}
      />
    </>
  );
}
