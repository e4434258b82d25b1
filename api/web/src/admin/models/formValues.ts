import type { ModelEntry } from "../types";

/** What stands in the form of a model: one value a field, numbers as they are typed. */
export interface FormValues {
  name: string;
  provider: ModelEntry["provider"];
  model: string;
  tier: ModelEntry["tier"];
  place: ModelEntry["place"];
  region: string;
  base_url: string;
  api_key: string;
  api_version: string;
  project: string;
  sensitivity: ModelEntry["sensitivity"];
  agreed: boolean;
  agreement: string;
  training_prohibited: boolean;
  retention_days: string;
  legal_basis: string;
  zero_retention: boolean;
  context_tokens: string;
  output_tokens: string;
  concurrency: string;
  first_seconds: string;
  deadline_seconds: string;
  native_citations: boolean;
  input: string;
  output: string;
  cache_read: string;
  cache_write: string;
  batch: string;
  currency: string;
  retires_on: string;
  why: string;
}

const FRESH: FormValues = {
  name: "",
  provider: "openai",
  model: "",
  tier: "small",
  place: "external",
  region: "",
  base_url: "",
  api_key: "",
  api_version: "",
  project: "",
  sensitivity: "internal",
  agreed: false,
  agreement: "",
  training_prohibited: true,
  retention_days: "30",
  legal_basis: "",
  zero_retention: false,
  context_tokens: "32000",
  output_tokens: "1200",
  concurrency: "8",
  first_seconds: "30",
  deadline_seconds: "120",
  native_citations: true,
  input: "0",
  output: "0",
  cache_read: "",
  cache_write: "",
  batch: "1",
  currency: "USD",
  retires_on: "",
  why: "",
};

export function valuesOf(entry: ModelEntry | undefined): FormValues {
  if (!entry) return FRESH;
  const { handling, prices } = entry;
  return {
    ...FRESH,
    name: entry.name,
    provider: entry.provider,
    model: entry.model,
    tier: entry.tier,
    place: entry.place,
    region: entry.region ?? "",
    base_url: entry.base_url ?? "",
    api_key: entry.api_key ?? "",
    api_version: entry.api_version,
    project: entry.project ?? "",
    sensitivity: entry.sensitivity,
    agreed: Boolean(handling),
    agreement: handling?.agreement ?? "",
    training_prohibited: handling?.training_prohibited ?? true,
    retention_days: String(handling?.retention_days ?? 30),
    legal_basis: handling?.legal_basis ?? "",
    zero_retention: entry.zero_retention,
    context_tokens: String(entry.context_tokens),
    output_tokens: String(entry.output_tokens),
    concurrency: String(entry.concurrency),
    first_seconds: String(entry.first_seconds),
    deadline_seconds: String(entry.deadline_seconds),
    native_citations: entry.native_citations,
    input: String(prices.input),
    output: String(prices.output),
    cache_read: prices.cache_read === null || prices.cache_read === undefined ? "" : String(prices.cache_read),
    cache_write: prices.cache_write === null || prices.cache_write === undefined ? "" : String(prices.cache_write),
    batch: String(prices.batch),
    currency: prices.currency,
    retires_on: entry.retires_on ?? "",
  };
}

const some = (text: string): string | null => text.trim() || null;
const number = (text: string): number | null => (text.trim() ? Number(text) : null);

/** The entry that the form says. */
export function entryFrom(values: FormValues): ModelEntry {
  return {
    name: values.name.trim(),
    provider: values.provider,
    model: values.model.trim(),
    tier: values.tier,
    place: values.place,
    region: some(values.region),
    base_url: some(values.base_url),
    api_key: some(values.api_key),
    api_version: values.api_version.trim(),
    project: some(values.project),
    sensitivity: values.sensitivity,
    handling: values.agreed
      ? {
          agreement: values.agreement.trim(),
          training_prohibited: values.training_prohibited,
          retention_days: Number(values.retention_days),
          legal_basis: values.legal_basis.trim(),
        }
      : null,
    zero_retention: values.zero_retention,
    context_tokens: Number(values.context_tokens),
    output_tokens: Number(values.output_tokens),
    concurrency: Number(values.concurrency),
    first_seconds: Number(values.first_seconds),
    deadline_seconds: Number(values.deadline_seconds),
    native_citations: values.native_citations,
    prices: {
      input: Number(values.input),
      output: Number(values.output),
      cache_read: number(values.cache_read),
      cache_write: number(values.cache_write),
      batch: Number(values.batch),
      currency: values.currency.trim(),
    },
    retires_on: some(values.retires_on),
  };
}
