/** English of asking and reading: the chat, the source panel, the history, what is shared and what is indexed. */

import { count } from "./shell";

const AGAINST: Record<string, string> = {
  number: "a number is not that of the source",
  date: "a date is not that of the source",
  name: "a name is not in the source",
  quote: "the quotation is not verbatim",
  negation: "the source says the opposite",
  modality: "the source says it with another force",
  clause: "a part of it stands in no source",
  condition: "a condition of the source is left out",
  limit: "the source sets another limit",
  order: "the source has it in another order",
  support: "the sources do not carry it",
  says_nothing: "it says nothing of the matter",
  repeated: "it was said before",
  instruction: "it follows an instruction in a document",
};

const ENDS: Record<string, string> = {
  answered: "answered",
  declined: "declined to answer",
  withheld: "was not asked: nothing of the evidence may go there",
  failed: "failed",
  nothing_held: "wrote nothing that the sources carry",
  cut_off: "broke off",
};

/** What a tier is called, and in brackets behind the name of a model. */
const TIERS: Record<string, string> = {
  extractive: "no language model",
  on_premise: "on premises",
  small: "small model",
  large: "large model",
};

const STAGES: Record<string, [doing: string, done: string]> = {
  searching: ["Searching what you may read", "Searched what you may read"],
  reading: ["Reading the best passages", "Read the best passages"],
  answering: ["Choosing the sentences that answer", "Chose the sentences that answer"],
  recording: ["Recording the evidence", "Recorded the evidence"],
};

function spoken(known: Record<string, string>, word: string): string {
  return known[word] ?? word.replaceAll("_", " ");
}

function were(number: number): string {
  return `${count(number, "sentence")} ${number === 1 ? "was" : "were"}`;
}

export const words = {
  conversation: "Conversation",
  sidebar: "Your conversations and settings",
  newConversation: "New conversation",
  startNew: "Start a new conversation",
  loadingConversation: "Loading the conversation",
  missing: {
    title: "This conversation is not here",
    detail: "It was deleted, or it is not one of yours.",
    hint: "Open another one from your conversations, or start a new one.",
  },
  conversations: "Conversations",

  composer: {
    form: "Ask a question",
    field: "Your question",
    placeholder: "Ask your documents",
    ask: "Ask",
    stop: "Stop",
    keys: "Enter asks. Shift and Enter start a new line.",
    enter: "Enter",
    toAsk: "to ask,",
    shift: "Shift",
    forLine: "for a new line",
  },

  welcome: {
    title: (name?: string) => (name ? `What would you like to know, ${name}?` : "What would you like to know?"),
    lead: (organisation: string) =>
      `Vouch answers from the documents of ${organisation} that you may read, and shows the passage behind every sentence.`,
    suggestions: "Suggested questions",
    sources: (documents: number, sources: number) =>
      `${count(documents, "document")} in ${count(sources, "source")} that you may read`,
    late: (sources: number) => `${count(sources, "source")} out of date`,
    loadingSources: "Loading the sources",
    nothing: "There is no document yet that you may read. Ask an administrator for access.",
  },

  progress: {
    name: "Progress",
    stage: (name: string, under: boolean) => STAGES[name]?.[under ? 0 : 1] ?? name.replaceAll("_", " "),
  },

  answer: {
    understood: (searched: string) => `Understood as: ${searched}`,
    asOf: "As of",
    asOfTitle: "When the source system last confirmed the oldest document that this answer rests on.",
    sources: "Sources",
    model: "Model",
    verbatim: "Verbatim, no language model",
    written: (model: string, tier: string) => `${model}, ${spoken(TIERS, tier)}`,
    redaction: "Redaction",
    sourceList: (number: number) => count(number, "source"),
    page: (page: number) => `page ${page}`,
    of: "as of",
    place: (source: string, page: number | null) => (page === null ? source : `${source} · page ${page}`),
    stopped: (sentences: number) => (sentences > 0 ? `Stopped after ${count(sentences, "sentence")}.` : "Stopped."),
    refused: "The question was refused",
    refusedHint: "Ask in another way, or ask the people who run Vouch.",
    withheld: {
      revoked: "A sentence is withheld: access revoked. You may no longer read its source.",
      gone: "A sentence is withheld: its document has gone from the source, or was taken out. Reviewers may still have the evidence.",
    },
    table: "Table from the source",
    sourceColumn: "Source",
    actions: "This answer",
    copy: "Copy",
    copyText: "Copy as text",
    copyMarkdown: "Copy as Markdown",
    copied: "Copied with its citations.",
    notCopied: "The browser did not allow copying. Use Export instead.",
    print: "Print",
    edit: "Edit question",
    again: "Answer again",
    againTitle: "Asks the same question anew. Both answers stay in the conversation.",
  },

  values: {
    /** How many redacted values an answer has; empty where it has none. */
    line: (restored: number, kept: number) =>
      [restored > 0 ? `${count(restored, "value")} restored` : "", kept > 0 ? `${kept} hidden` : ""].filter(Boolean).join(", "),
    about:
      "A language model got pseudonyms in the place of personal and confidential values. You see a value again where you may read it in a source now, or typed it yourself. The others stay hidden from you.",
    name: "Values of this answer",
    kind: "Kind",
    restored: "Restored",
    kept: "Hidden",
    kindName: (kind: string) => {
      const plain = kind.toLowerCase().replaceAll("_", " ");
      return plain.charAt(0).toUpperCase() + plain.slice(1);
    },
  },

  /** What holds of a citation now: short for a list, and as a sentence. */
  citation: {
    name: (n: number, title: string, page: number | null) => `[${n}] ${title}${page === null ? "" : `, page ${page}`}`,
    origin: (title: string, page: number | null) => (page === null ? title : `${title}, page ${page}`),
    state: { verified: "Verified", partial: "Verified in part", changed: "Source changed since", gone: "Document gone", revoked: "Access revoked" },
    stateLong: {
      verified: "Verified: this passage carries the sentence.",
      partial: "Verified in part: this passage carries the sentence together with the others behind it.",
      changed: "Source changed since: verified when it was given; the document has another version now.",
      gone: "Document gone: it is no longer in its source, so the sentence is withheld.",
      revoked: "Access revoked: you may no longer read the source, so the sentence is withheld.",
    },
  },

  noEvidence: {
    name: "No evidence found",
    title: "No evidence found",
    body: "Nothing that you may read answers this question, so Vouch does not answer it.",
    nearest: "The nearest sources you may read",
    tip: "Try the words your documents would use, name the document or the product, or ask its owner for access.",
  },

  conflicts: {
    title: "Sources disagree",
    changed: "changed",
    asOf: "as of",
    later: "This is the later edition.",
  },

  followUps: {
    title: "Read on in these sources",
    about: "Sections of the cited documents that this answer does not use.",
    question: (heading: string, title: string) => `What does “${title}” say about “${heading}”?`,
    from: (title: string) => `in ${title}`,
  },

  feedback: {
    name: "Was this answer good?",
    up: "Good answer",
    down: "Bad answer",
    upTitle: "What was good?",
    downTitle: "What was wrong?",
    about: "Reviewers see it with the answer. A comment is kept without the personal values in it.",
    reasons: "Reasons",
    comment: "Comment",
    save: "Save",
    withdraw: "Withdraw",
    done: "Close",
    given: { up: "You called this a good answer.", down: "You called this a bad answer." },
    saved: "Your feedback was saved.",
    withdrawn: "Your feedback was withdrawn.",
    reason: {
      complete: "Complete",
      clear: "Clear",
      good_sources: "Good sources",
      wrong: "Wrong",
      out_of_date: "Out of date",
      wrong_source: "Bad source",
      incomplete: "Incomplete",
      should_have_refused: "Should have refused",
      not_answered: "Did not answer",
      unclear: "Unclear",
      should_not_see: "I should not see this",
    },
  },

  /** What a screen reader is told once, when a turn has come to its end. */
  announce: {
    stopped: "Stopped.",
    failed: (title: string) => `The question was not answered. ${title}`,
    nearest: (number: number) => `No evidence found. ${count(number, "nearest source")} shown.`,
    refused: "The question was refused.",
    ready: (sentences: number, sources: number) =>
      `Answer ready. ${count(sentences, "sentence")}, ${count(sources, "source")}.`,
  },

  trail: {
    name: "How this answer was written",
    loading: "Loading",
    gone: "You may no longer read everything that the model was given.",
    instruction: "Its words are left to the reviewers.",
    dropped: (against: string) => `Dropped: ${against}`,
    replaced: (against: string) => `Replaced: ${against}`,
    notPart: "Not part of the answer:",
    tokens: (input: number, output: number) => `${count(input, "token")} in, ${output} out`,
    seconds: (seconds: number) => `${seconds.toFixed(1)} s`,
    attempt: (model: string, ended: string) => `${model} ${spoken(ENDS, ended)}`,
    sources: "Words of the sources",
    keptBack: (passages: number) => `${count(passages, "passage")} may not go to this model.`,
    tier: (tier: string) => spoken(TIERS, tier),
    against: (kind: string) => spoken(AGAINST, kind),
    /** One line on what a model had to do with an answer. */
    uncarried: (dropped: number) =>
      `A model wrote ${count(dropped, "sentence")} that the sources do not carry. You read the sources themselves.`,
    written: (model: string, tier: string, dropped: number, replaced: number) => {
      const line = `Written by ${model} (${spoken(TIERS, tier)}), checked sentence by sentence`;
      const gone = [
        dropped > 0 ? `${were(dropped)} dropped` : "",
        replaced > 0 ? `${were(replaced)} replaced with the words of the source` : "",
      ].filter(Boolean);
      return gone.length > 0 ? `${line}; ${gone.join(", ")}.` : `${line}.`;
    },
  },

  copied: {
    sources: "Sources",
    withheld: (why: "gone" | "revoked") => (why === "gone" ? "(withheld: document gone)" : "(withheld: access revoked)"),
    page: (page: number) => `, page ${page}`,
    asOf: (time: string) => `as of ${time}`,
    edition: "changed since this answer",
    noEvidence: "No evidence was found.",
    refused: "The question was refused.",
    open: "open the original",
    exported: (time: string) => `Exported from Vouch on ${time}, as you could read it then.`,
    untitled: "conversation",
  },

  source: {
    panel: "Source",
    close: "Close the source",
    original: "Open the original",
    passage: "Passage in its document",
    loading: "Loading the document",
    now: "This is the document as it is now. The passage cannot be marked in it.",
    hiddenParts: "Parts that you may not read are hidden.",
    hidden: "hidden",
    table: "Table",
    how: "How to show the passage",
    views: { page: "Page", text: "Text", document: "Whole document" },
    later: "The surroundings can be shown once the answer is complete.",
    previous: "Previous passage of this source",
    next: "Next passage of this source",
    position: (at: number, of: number) => `Passage ${at} of ${of}`,
    noImage: "The page image could not be loaded. The text shows the same passage.",
    loadingPage: "Loading the page",
    imageAlt: (page: number, title: string) =>
      `Page ${page} of ${title}, with the cited passage highlighted. The Text view has its words.`,
    current: "The document has not changed since this answer.",
    changed: "The document has changed or gone since this answer. You see the version that was cited.",
    page: "Page",
    asOf: "As of",
    edited: "Edited",
    support: "Support",
    connector: "Kind of source",
    owners: (number: number) => (number === 1 ? "Owner" : "Owners"),
  },

  history: {
    loading: "Loading the history",
    search: "Search your conversations",
    placeholder: "Search titles and questions",
    none: "Your questions will appear here.",
    notFound: "No conversation has these words.",
    pinned: "Pinned",
    menu: (title: string) => `Actions for ${title}`,
    rename: "Rename",
    pin: "Pin",
    unpin: "Unpin",
    share: "Share",
    exportIt: "Export as Markdown",
    remove: "Delete",
    removeTitle: "Delete this conversation?",
    removeBody: (title: string) =>
      `“${title}” is removed, also for the people it is shared with. The record of its answers in the audit log stays, as your organisation requires.`,
    keep: "Keep",
    renameTitle: "Rename the conversation",
    name: "Name",
    nameMissing: "Write a name.",
    renamed: "Renamed.",
    pinnedNow: "Pinned.",
    unpinnedNow: "No longer pinned.",
    exported: "Exported as a Markdown file.",
  },

  share: {
    title: "Share this conversation",
    about:
      "The people you share it with can read what was said so far, but not write in it. Each of them sees a sentence only if they may read its sources themselves at that moment, and a question only beside something they may read.",
    later: "Answers that come later are not in it until you share again.",
    kind: "Share with",
    person: "A person",
    group: "A group",
    everyone: "Everyone",
    email: "E-mail address",
    emailMissing: "Write the e-mail address of a colleague.",
    groupName: "Name of the group",
    groupMissing: "Write the name of a group.",
    submit: "Share",
    shares: "Shared with",
    nobody: "It is shared with nobody.",
    loading: "Loading whom it is shared with",
    everyoneName: "Everyone here",
    everyoneWithin: "everyone here",
    answers: (number: number) => count(number, "answer"),
    end: "End",
    endOf: (who: string) => `End sharing with ${who}`,
    shared: (who: string) => `Shared with ${who}.`,
    ended: (who: string) => `No longer shared with ${who}.`,
  },

  shared: {
    link: "Shared with you",
    title: "Shared with you",
    about: "Conversations that others let you read, each only as far as you may read its sources yourself.",
    list: "Conversations shared with you",
    name: "Conversation",
    by: "Shared by",
    at: "Shared",
    hiddenTitle: "Nothing in it that you may read",
    emptyTitle: "Nothing is shared with you",
    empty: "Conversations that colleagues share with you, with a group of yours or with everyone appear here.",
    up: "Shared with you",
    openedBy: (name: string) => `Shared by ${name}`,
    asYouMay: "You see it by your own rights at this moment. What you may not read is withheld.",
    hiddenQuestion: "A question whose answer you may not read",
    nothingOf: "Nothing of this answer may be shown to you.",
    abstained: "No evidence was found for this question.",
    refused: "This question was refused.",
    turn: (at: number) => `Question ${at}`,
  },

  indexed: { link: "What is indexed" },

  help: {
    title: "How Vouch works",
    lead: "Every sentence of an answer stands in a document that you may read. The number behind it opens the passage. Where nothing that you may read answers a question, Vouch says so instead of guessing.",
    asOf: "“As of” is when the source last confirmed the oldest document that the answer rests on.",
    keysTitle: "Keys",
    statesTitle: "What stands behind a number",
    to: "to",
    keys: [
      [["Enter"], "Ask the question"],
      [["Shift", "Enter"], "New line in the question"],
      [["Esc"], "Stop the answer, or close the source"],
      [["Ctrl", "K"], "Go to the question; once more for a new conversation"],
      [["1", "…", "9"], "Open a source of the latest answer"],
      [["?"], "Show this help"],
    ] as readonly (readonly [keys: readonly string[], effect: string])[],
    single: "Use keys without Ctrl (1 to 9 and ?)",
  },
} as const;
