/** The lists that figures of the weekly report count: exactly those records or answers. What has no such list leads nowhere. */

import type { AnswersSearch, RecordsSearch } from "../search";

type Lead = { to: "answers"; search: AnswersSearch } | { to: "records"; search: RecordsSearch } | { to: "holds" };

const record = (search: RecordsSearch): Lead => ({ to: "records", search });
const answer = (search: AnswersSearch): Lead => ({ to: "answers", search });

const LEADS: Record<string, Lead> = {
  "questions questions": answer({}),
  "questions answered": answer({ outcome: "answered" }),
  "questions abstained": answer({ outcome: "abstained" }),
  "questions refused": answer({ outcome: "refused" }),
  "questions failed": answer({ outcome: "failed" }),
  "questions unknown": answer({ outcome: "unknown" }),
  "latency timed": answer({ outcome: "answered" }),
  "verification shown": record({ kind: "ask.sentence" }),
  "models calls": record({ kind: "model.intent" }),
  "models failed": record({ kind: "model.outcome", outcome: "failed" }),
  "sources runs": record({ kind: "source.run" }),
  "sources failed": record({ kind: "source.run", outcome: "failed" }),
  "access signed_in": record({ kind: "sign_in", outcome: "done" }),
  "access failed": record({ kind: "sign_in", outcome: "denied" }),
  "access person_acted_for": record({ kind: "person.acted_for" }),
  "access operator_impersonation": record({ kind: "operator.impersonation" }),
  "access role_changed": record({ kind: "role.changed" }),
  "access service_changed": record({ kind: "service.changed" }),
  "changes policy_changed": record({ kind: "policy.changed" }),
  "changes model_changed": record({ kind: "model.changed" }),
  "reviewing audit_read": record({ kind: "audit.read" }),
  "reviewing audit_searched": record({ kind: "audit.searched" }),
  "reviewing answer_reviewed": record({ kind: "answer.reviewed" }),
  "reviewing evidence_reviewed": record({ kind: "evidence.reviewed" }),
  "reviewing audit_identified": record({ kind: "audit.identified" }),
  "reviewing audit_exported": record({ kind: "audit.exported" }),
  "reviewing subject_exported": record({ kind: "subject.exported" }),
  "reviewing report_made": record({ kind: "report.made" }),
  "content flagged": record({ kind: "passage.flagged" }),
  "keeping held": { to: "holds" },
  "keeping placed": record({ kind: "hold.changed", action: "hold.placed" }),
  "keeping lifted": record({ kind: "hold.changed", action: "hold.lifted" }),
  "keeping erasures": record({ kind: "subject.erased" }),
  "keeping retention_run": record({ kind: "retention.run" }),
  "deliveries delivery_intent": record({ kind: "delivery.intent" }),
  "log records": record({}),
  "log unknown": record({ outcome: "unknown" }),
};

export function leadOf(section: string, figure: string): Lead | null {
  return LEADS[`${section} ${figure}`] ?? null;
}
