import { NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { Confirm } from "../../parts/Confirm";
import { words } from "../../words/admin";
import { useChange } from "../../parts/announcing";
import classes from "../../parts/form.module.css";
import { useFields } from "../../parts/useFields";
import type { Budget } from "../types";
import { BUDGETS, PERS, SCOPES, UNITS, whose } from "./data";

const said = words.budgets;
const MICROS = 1_000_000;

interface Values {
  scope: Budget["scope"];
  name: string;
  per: Budget["per"];
  unit: Budget["unit"];
  most: string;
  currency: string;
  why: string;
}

function valuesOf(budget: Budget | undefined): Values {
  if (!budget) return { scope: "department", name: "", per: "month", unit: "money", most: "", currency: "USD", why: "" };
  const most = budget.unit === "money" ? budget.most / MICROS : budget.most;
  const { scope, name, per, unit } = budget;
  return { scope, name, per, unit, most: String(most), currency: budget.currency || "USD", why: "" };
}

/** Sets a budget, or another limit of one. */
export function BudgetDialog({ budget, opened, onClose }: { budget?: Budget; opened: boolean; onClose: () => void }) {
  const change = useChange();
  const fields = useFields(valuesOf(budget), { name: /address|model|named/i, currency: /currency/, most: /money|tokens|calls/ });
  const [was, setWas] = useState(false);
  if (opened !== was) {
    setWas(opened);
    if (opened) fields.reset(valuesOf(budget));
  }
  const { values, text } = fields;
  const save = () => {
    const { scope, per, unit, currency } = values;
    const name = values.name.trim() || "*";
    const most = Number(values.most);
    const limit = { money: unit === "money" ? most : null, tokens: unit === "tokens" ? most : null, calls: unit === "calls" ? most : null };
    const body = { budget: { scope, name, per, ...limit, currency: currency.trim() }, why: values.why.trim() };
    return fields.attempt(() => change(reply(api.PUT("/v1/budgets", { body })), said.wasSet(whose({ scope, name })), BUDGETS));
  };
  return (
    <Confirm
      opened={opened}
      title={budget ? said.changeTitle(whose(budget)) : said.set}
      action={budget ? words.save : said.set}
      onClose={onClose}
      onConfirm={save}
    >
      <div className={classes.form}>
        {!budget && (
          <>
            <NativeSelect
              label={said.scope}
              data={SCOPES.map((value) => ({ value, label: said.scopes[value] }))}
              {...text("scope")}
            />
            <TextInput label={said.name} description={said.nameHints[values.scope]} {...text("name")} />
            <div className={classes.row}>
              <NativeSelect label={said.per} data={PERS.map((value) => ({ value, label: said.pers[value] }))} {...text("per")} />
              <NativeSelect
                label={said.unit}
                data={UNITS.map((value) => ({ value, label: said.units[value] }))}
                {...text("unit")}
              />
            </div>
          </>
        )}
        <div className={classes.row}>
          <TextInput type="number" step={values.unit === "money" ? "any" : 1} min={0} label={said.most} required {...text("most")} />
          {values.unit === "money" && <TextInput label={words.currency} maxLength={3} required {...text("currency")} />}
        </div>
        <Textarea label={words.why} description={words.whyHint} required autosize maxLength={1000} {...text("why")} />
      </div>
    </Confirm>
  );
}
