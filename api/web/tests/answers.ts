import type { Answer, Citation, DocumentRef } from "../src/api/types";

export const leave: DocumentRef = {
  id: "d1",
  title: "Leave policy",
  uri: "policies/leave.md",
  source: "handbook",
  url: null,
  modified_at: null,
};

export function citation(n: number, evidence: number, quote = "Thirty days."): Citation {
  return {
    n,
    evidence,
    document: { ...leave, id: `d${n}`, title: n === 1 ? leave.title : `Document ${n}` },
    version: "v1",
    page: n === 1 ? null : 3,
    headings: [],
    spans: [{ start: 0, end: 12 }],
    quote,
    support: 0.9,
    as_of: "2026-11-20T09:00:00Z",
    current: true,
  };
}

export function answer(change: Partial<Answer> = {}): Answer {
  const first = citation(1, 0, "Everyone has thirty days.");
  const second = citation(2, 1, "Five days carry over.");
  return {
    answer_id: "a1",
    conversation_id: "c1",
    question: "How much leave?",
    status: "answered",
    sentences: [
      { text: "Everyone has thirty days.", citations: [first] },
      { text: "Five days carry over.", citations: [second, citation(1, 2)] },
    ],
    sources: [
      { n: 1, document: first.document, version: "v1", page: null, as_of: first.as_of, stale: false },
      { n: 2, document: second.document, version: "v1", page: 3, as_of: second.as_of, stale: false },
    ],
    nearest: [],
    as_of: "2026-11-20T09:00:00Z",
    model: "extractive",
    threshold: 0.5,
    support: 0.9,
    created_at: "2026-11-22T09:00:00Z",
    reason: null,
    timings: {},
    tier: "extractive",
    searched: null,
    values: [],
    dropped: 0,
    replaced: 0,
    conflicts: [],
    ...change,
  };
}
