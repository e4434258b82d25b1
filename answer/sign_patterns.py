"""The patterns of the signs: what stands in a text that speaks to a model, and seldom in any other.

They read a text in small letters; ``answer.signs`` makes the forms of a text and looks for them.
"""

# A pattern is read as a whole: broken at every 120 characters it would not be.
# ruff: noqa: E501
from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

Word = Literal[
    "overrides_instructions", "directs_the_reply", "dictates_words", "demands_output", "gives_a_role", "asks_for_the_prompt",
    "addresses_a_model", "presses", "marks_a_turn", "template_token", "hidden_characters", "external_image", "script",
    "disguised_link", "lures", "dictates_code", "encoded", "spelled_out", "asks_for_a_text", "asks_for_a_translation",
]  # fmt: skip
"""The reasons for which a text is suspicious."""
WORDS: tuple[Word, ...] = get_args(Word)


@dataclass(frozen=True, slots=True)
class Sign:
    """``words``: one of them stands in every text that the pattern finds, so that the others are not searched."""

    word: Word
    pattern: re.Pattern[str]
    words: tuple[str, ...]
    reads: Literal["run", "lines", "seen"] = "run"


_GAP = r"(?:[^.!?]|[.!?](?=[^\s\"']))"
"""What stands between two words of one sentence: also the marks within an address."""
_MODELS = r"(?:ai|a\.i\.|llms?|gpts?|chatgpt|language models?|chat ?bots?|(?:ai|digital|virtual) (?:assistant|agent)s?)"
_BEFORE_IT = (
    r"(?:previous(?:ly)?|prior|preceding|above|earlier|foregoing|initial|original|former|given|your|other|system|all"
    r"|any|rest of|remainder of|existing|every|these|those|past)"
)
_ORDERS = (
    r"(?:instructions?|directions?|orders|commands?|directives?|prompts?|guidelines|guardrails|rules|programming"
    r"|training|restrictions|constraints|limitations|filters|messages?)"
)
_ANY_ORDERS = rf"(?:{_ORDERS}|data|text|context|information|document|conversation|content|everything|indicators|page)"
_UTTER = r"(?:print|output|repeat|echo|say|recite|respond|reply|answer|exclaim)"
_REPLY = r"(?:reply|response|answer|output|message|summary|translation|completion|conclusion|recommendation)(?:'s)?"
_CHANGE = (
    r"(?:add|append|include|insert|integrate|incorporate|introduce|mention|embed|put|modify"
    r"|change|alter|enhance|augment|replace|substitute|use|provide|render|write|give|convert|translate|encode|format"
    r"|rearrange|scramble|jumble|mix|shuffle|anagram|group|remove|omit|combine|misspell|conclude|prefix|prepend|precede"
    r"|rewrite|deliver|present|tease|hint|reverse|suggest|recommend|promote|weave|supplement|complement|amend"
    r"|craft|compose|phrase|spell|swap|eliminate|delete|capitali[sz]e|attach)"
)
_SHOW = (
    r"(?:show|print|repeat|reveal|output|display|tell|give|translate|encode|dump|leak|list|summari[sz]e|recite|disclose"
    r"|share|write|send|expose|describe|convert|copy|rephrase|spell)"
)
_WEB = r"(?:https?://|www\.|<a\s|\]\(|\b[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*\.(?!(?:pdf|docx?|xlsx?|csv|md|txt|html?|json|py|js)\b)[a-z]{2,8}\b(?!\())"
_PATTERNS: tuple[tuple[Word, str, tuple[str, ...]], ...] = (
    (
        "overrides_instructions",
        rf"\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget(?: about)?|overlook|override|bypass|circumvent|discard|neglect"
        rf"|pretend to have forgotten|(?:do not|don't|never|stop|cease) (?:follow(?:ing)?|listen(?:ing)? to|obey(?:ing)?"
        rf"|comply(?:ing)? with|pay attention to))\b{_GAP}{{0,40}}?\b{_BEFORE_IT}\b{_GAP}{{0,28}}?\b{_ANY_ORDERS}\b",
        ("ignor", "disregard", "forg", "overlook", "override", "bypass", "circumvent", "discard", "neglect", "follow",
         "listen", "obey", "comply", "attention"),
    ),
    (
        "overrides_instructions",
        r"(?:^|[.!?:;\"'(>\]*] ?|\bplease |\bjust |\bnow |\bthen |\band )(?:ignore|disregard|forget) (?:the |these |this )?"
        r"(?:instructions?|directions?|prompt|orders|task|question)\b"
        r"|\b(?:ignore|disregard|forget) (?:everything|all (?:of )?(?:that|this|the above)|the above|what (?:you|i|was))\b",
        ("ignore", "disregard", "forget"),
    ),
    (
        "overrides_instructions",
        r"\b(?:ignorier|vergiss|vergess|missacht|negeer|vergeet|ignor[aeo]|ignorez|oublie|ne tene?z pas compte|olvid|esquec"
        r"|dimentic|glem|glom|zignoruj|ignoruj|zapomnij)\w*\b[^.!?]{0,50}\b(?:anweisung|instruktion|befehl|vorgabe|instruct"
        r"|consigne|directive|instruc|orden|indicacion|istruzion|aanwijzing|opdracht|anvisning|instruk|polece)\w*",
        ("ignor", "vergess", "vergiss", "missacht", "negeer", "vergeet", "oubli", "tenez", "olvid", "esquec", "dimentic",
         "glem", "glom", "zapomnij"),
    ),
    (
        "overrides_instructions",
        r"(?:忽略|无视|忘记|忽視|無視|忘掉).{0,24}(?:指令|指示|说明|說明|提示|规则|規則|命令|内容)|(?:指示|命令).{0,12}無視"
        r"|(?:игнорир|забудь|проигнорир)\w*.{0,50}(?:инструкц|указан|команд)\w*|(?:지시|명령|지침).{0,14}무시",
        ("忽", "视", "視", "忘", "гнорир", "забудь", "무시"),
    ),
    (
        "directs_the_reply",
        rf"\b{_CHANGE}\b{_GAP}{{0,90}}?\b(?:in|to|into|of|with|within|from|by|throughout) your (?:(?:final|whole|entire|next|own|full|first|short) )?{_REPLY}(?![\w-])"
        rf"|\b(?:modify|alter|change|replace|augment|enhance|end|start|begin|render|write|convert|translate|encode|rewrite"
        rf"|format|supplement|provide|give|deliver) your (?:(?:final|whole|entire|next|own|full|first|short) )?{_REPLY} (?:in|to|with|by|using|as|without)\b"
        rf"|\byour (?:reply|response|answer) (?:must|has to|needs to|shall)\b|\b(?:in|to|with|throughout) your {_REPLY}, {_CHANGE}\b",
        ("your ",),
    ),
    (
        "dictates_words",
        rf"\b{_UTTER}(?: (?:back|out|only|simply|just|exactly|with|that|this|the|following|words?|word for word|verbatim"
        r"|sentences?|phrase|text|by|to me|me|saying|as|instead|number))*:? [\"'`<\u00ab{]\S",
        ("print", "output", "repeat", "echo", "say", "recite", "respond", "reply", "answer", "exclaim"),
    ),
    (
        "demands_output",
        r"\b(?:and|then|just|simply|instead|only|now|please)(?: (?:and|then|just|simply|instead|only))* "
        r"(?:print|output|respond with|reply with|echo)\b(?! (?:the|this|that|an?|your|it|them|out|all|both|each|every|these|those|on|off|to|in|for|at)\b)"
        r"|\bword for word\b|\b(?:translate|render) (?:this|the) (?:\w+ )?(?:sentence|text) as\b"
        r"|\b(?:and|then|just|simply|to|please) (?:report|output|answer|respond|reply|print)(?: that [^.!?]{0,40})?: ?\S"
        r"|\b(?:start|begin|end) (?:your|the) (?:reply|response|answer|output|message|sentence|text) (?:with|by)\b"
        r"|\bprint visit\b|\b(?:your|the) output (?:must|should|shall) (?:be|only|start|begin|say)\b",
        ("print", "output", "respond with", "reply with", "echo", "word for word", "translate", "render",
         "report:", "respond", "start", "begin"),
    ),
    (
        "gives_a_role",
        r"\b(?:you are|you're) now (?:in|a|an|the|going|free|acting|called|my)\b|\bfrom now on\W+(?:you|act|respond|answer|reply)"
        r"|\bfrom now known as\b|\byou (?:will|are going to|must|shall) (?:now )?(?:act|be called|behave|pretend|play|roleplay|impersonate)\b"
        r"|\bact as (?:if you|though you|an? (?:unrestricted|unfiltered|uncensored|evil)|\w+gpt|dan\b)"
        r"|(?:^|[.!?:;] ?|\bplease )(?:pretend|simulate)\b|\bdo anything now\b|\b(?:dan|god|jailbreak|developer|debug|maintenance|admin|root|sudo) mode\b"
        r"|\bmode (?:enabled|activated|on)\b|\bdan (?:can|has|mode|does)\b|\bspecial agent\b|\bno longer (?:bound|restricted|have to follow)"
        r"|\bstay in character\b|\byou have no (?:restrictions|rules|limits|filters)\b|\bhow would an ai\b",
        ("now", "you ", "act as", "pretend", "simulate", "anything", "mode", "dan ", "agent", "longer", "character", "an ai"),
    ),
    (
        "asks_for_the_prompt",
        rf"\b{_SHOW}\b{_GAP}{{0,40}}?\b(?:system|initial|starting|original|hidden|secret|developer|previous(?:ly)?|above|preceding"
        r"|your(?: own)?|internal)\b[^.!?]{0,20}?\b(?:prompts?|instructions|system messages?|configuration)\b"
        r"|\b(?:repeat|print|output|reveal|recite|leak)(?: me| out| back| all| of| the| those| these)* (?:instructions|prompt)\b",
        ("prompt", "instruction", "system"),
    ),
    (
        "asks_for_the_prompt",
        r"\bwhat (?:are|were|is|was) your (?:\w+ )?(?:instructions?|prompt|rules|task)\b|\bwhat (?:were|are) (?:you|those) (?:told|instruct"
        r"|not supposed|instructions)|\bi was instructed to\b|\bmy instructions are\b|\binitiali[sz]ation string\b|\bthe system prompt is\b|log\(system"
        r"|\b(?:show|print|repeat|reveal|output|display|see|translate|encode|dump|leak|recite|disclose|expose)\b[^.!?]{0,40}\bsystem ?prompt\b"
        r"|\b(?:repeat|output|print|show) (?:the |all |me )*(?:text|words|everything|conversation|this entire|contents?)\b[^.!?]{0,30}"
        r"(?:above|system|before|back to me|you were given|conversation)|\bopposite of your\b"
        r"|\bsecret (?:word|password)\b|\btell me (?:the|your) (?:password|secret)",
        ("what ", "instruct", "prompt", "initiali", "repeat", "output", "print", "show", "opposite", "secret", "password"),
    ),
    (
        "addresses_a_model",
        rf"\bas an? {_MODELS}\b|\bif you (?:are|'re) an? (?:{_MODELS}|model|bot|automated|assistant)\b"
        rf"|\b(?:notes?|messages?|instructions?|attention|notices?|reminder|commands?)(?: (?:to|for)|:|,) (?:all |any |the |every )?(?:{_MODELS}|automated|automatic|models?|bots?|assistants?|crawlers?|agents?|system)\b"
        rf"|\b(?:in)?visible to (?:{_MODELS}|the model|humans?)\b|\bwhite[- ]text\b|\bhidden [\w ]{{0,40}}for (?:automated|{_MODELS})\b"
        rf"|\b(?:dear|hey|hello|attention) {_MODELS}\b|\b(?:chatgpt|ai assistant|the llm) (?:must|should|shall|will|is required)"
        r"|\bsystem chain of thought\b|\bautomated (?:screening|analysis|evaluation|review) (?:software|systems?|tools?)\b"
        r"|\byou(?: are|'re) an? (?:helpful )?(?:ai|assistant|language model|chatbot)\b|\bsimulate an ai\b|\bai without\b",
        ("ai", "llm", "gpt", "model", "bot", "visible", "white", "hidden", "automat", "thought", "assistant", "crawler", "agent",
         "system"),
    ),
    (
        "presses",
        r"\b(?:must|to) obey\b|\bmay not deviate\b|\bcritical to my career\b|\bit is (?:critical|important|imperative) that you (?:do not|obey|follow|ignore|listen)"
        r"|\bthis is (?:only )?a test\b|\bwithout (?:any )?(?:restrictions|filters|filtering|limitations|disclaimers|warnings)\b"
        r"|\b(?:do not|don't|never) (?:tell|inform|mention|reveal|disclose|alert|warn|notify)\b[^.!?]{0,20}\b(?:users?|anyone|humans?|readers?)\b"
        r"|\b(?:administrator|admin|system|management|developer) override\b|\boverride (?:manual|all|any|previous|safety)\b"
        r"|\bif (?:you are )?(?:asked|questioned)\b[^.!?]{0,60}\b(?:say|report|respond|reply|answer|tell|simply|state)\b"
        r"|\b(?:don't|do not) evaluate\b|\bignore (?:all )?(?:negative|positive)\b|\bfocus exclusively\b|\bpre-?verified\b"
        r"|\b(?:avoid|evade) detection\b|\bthis (?:simulation|request) (?:has been|is) (?:approved|authori[sz]ed)\b",
        ("obey", "deviate", "career", "that you", "a test", "without", "override", "asked", "questioned", "evaluate", "negative",
         "positive", "exclusively", "verified", "detection", "approved", "authori", "tell", "inform", "mention", "reveal",
         "disclose", "alert", "warn", "notify"),
    ),
    (
        "lures",
        rf"\b(?:verify|confirm|elect|nominate|validate|unlock|re-?activate|claim|restore)\b[^.!?]{{0,60}}\b(?:accounts?|payout|payroll"
        rf"|identity|wallet|bank details|shares|transfers?)\b.{{0,90}}?{_WEB}"
        rf"|\bhereby (?:been )?(?:cancell?ed|revoked|terminated|suspended)\b.{{0,120}}?{_WEB}"
        rf"|\bone weird trick\b|\bwon't believe what (?:happen|come)",
        ("verify", "confirm", "elect", "nominate", "validate", "unlock", "activate", "claim", "restore", "hereby", "weird",
         "believe"),
    ),
    (
        "dictates_code",
        r"\b(?:following|subsequent|below|above|this) (?:piece of )?code(?: (?:snippet|block|section|excerpt|segment|extract|fragment|sample))?\b[^.!?]{0,60}"
        r"\b(?:your (?:\w+ )?(?:code(?:base)?|solution|implementation|algorithm|response|answer|reply|project|program|output|elucidation|framework|logic)|the code you)\b"
        r"|\b(?:utili[sz]e|integrate|incorporate|include|use|insert|embed|execute|merge|adopt|employ|deploy|inject|add)\b[^.!?]{0,40}\b(?:following|subsequent|below) (?:\w+ )?code (?:snippet|block|section|excerpt|segment)\b"
        r"|\byour (?:\w+ )?(?:code(?:base)?|solution|implementation|algorithm|response|answer|reply|project|program|elucidation)\b[^.!?]{0,90}\b(?:following|subsequent|below)\b[^.!?]{0,20}\bcode\b",
        ("code",),
    ),
    (
        "encoded",
        r"\b(?:base64|base 64|rot-?13|hexadecimal|morse)\b[^.!?]{0,20}(?:encode|decode|and (?:then )?(?:output|show|follow|execute))"
        r"|\b(?:encode|decode|translate)\b[^.!?]{0,40}\b(?:base64|base 64|rot-?13|emojis?|morse|pig latin)\b|\brot-?13 encode\b",
        ("base64", "base 64", "rot13", "rot-13", "hexadecimal", "morse", "emoji", "pig latin"),
    ),
    (
        "asks_for_a_text",
        r"\b(?:write|compose|generate|create|draft|provide|give me|tell me|develop) (?:me )?(?:a|an|one|some|the)(?: [\w-]+){0,3} "
        r"(?:poem|story|essay|sentence|song|joke|speech|haiku|limerick|tweet|rhyme|introduction)\b",
        ("poem", "story", "essay", "sentence", "song", "joke", "speech", "haiku", "limerick", "tweet", "rhyme", "introduction"),
    ),
    (
        "asks_for_a_translation",
        r"(?:^|[.!?:;] ?|\bplease )(?:translate|paraphrase|polish|refine) the (?:following|above|next|text|sentence)\b",
        ("translate", "paraphrase", "polish", "refine"),
    ),
)  # fmt: skip

_MARKUP: tuple[tuple[Word, str, tuple[str, ...]], ...] = (
    (
        "marks_a_turn",
        r"(?m)^[ \t>#\[(<{]*(?:assistant|[\[(<{](?:system|user|developer|human|admin|instruction))s?[\])>}*]*[ \t]*:(?!\w)"
        r"|[\[<{] ?/?(?:system|assistant|instructions?|admin|user|prompt|rest-of-document)(?:[ :][^\]>}\n]{0,30})?[\]>}](?!\()"
        r"|\[[a-z ]{0,20}(?:system|admin|instruction)[a-z ]{0,20}::?"
        r"|(?m:^(?:-{2,}|={2,}|%{2,}|~{3,})[ \t]*(?:[\w ,]{0,30}\b)?(?:instructions?|resume|system|prompt|override)\b\W*$)"
        r"|%%%\w|-{2,} ?(?:end|begin|start|stop) (?:of )?(?:the )?(?:system|user|prompt|instruction|data|context|document)",
        ("system", "assistant", "user", "developer", "human", "admin", "instruction", "prompt", "resume", "rest-of", "override",
         "%%%", "--"),
    ),
    (
        "template_token",
        r"<\|[\w ]{2,40}\|>|\[/?inst\]|<</?sys>>|</?(?:start|end)_of_turn>|<\|?(?:begin|end)_of_(?:text|sentence)\|?>"
        r"|\[/?(?:available_tools|tool_calls|tool_results|system_prompt)\]|<｜[^｜\n]{2,40}｜>|<(?:eos|bos|pad)>",
        ("<|", "inst]", "sys>>", "_of_", "tool", "system_prompt", "<｜", "<eos", "<bos", "<pad"),
    ),
    ("external_image", r"!\[[^\]\n]*\]\(\s*<?(?:https?:)?//|<img\b[^>\n]{0,200}\bsrc\s*=", ("![", "<img")),
    (
        "script",
        r"<script\b|\bjavascript:|\bvbscript:|\bdata:text/html|\bon(?:error|load|click|focus|mouse\w+)\s*=|<iframe\b|expression\(java",
        ("script", "data:text", "onerror", "onload", "onclick", "onfocus", "onmouse", "<iframe"),
    ),
    (
        "disguised_link",
        r"\[\s*(?:https?://)?(?:[a-z0-9-]+\.)*([a-z0-9-]+\.[a-z]{2,})(?:/[^\]\n]{0,60})?\s*\]\(\s*<?https?://(?![^)\n]*\1)[^)\n]*\)"
        r"|\[[^\]\n]{0,80}\]\([^)\s]*\?[\w-]+=[^)\s]*(?:\{|%7b|\[|<|\$)|<a\s[^>\n]{0,200}href\s*=\s*[\"'\\]*https?:[^>\n]{0,200}>",
        ("](", "href"),
    ),
)  # fmt: skip

_CAPITALS = re.compile(
    r"(?m)^[ \t>#*]*(?:SYSTEM|ASSISTANT|INSTRUCTIONS?|ADMIN)(?: (?:PROMPT|MESSAGE|NOTE|OVERRIDE))?[ \t]*:(?!\w)"
)
SIGNS = (
    tuple(Sign(word, re.compile(pattern), words) for word, pattern, words in _PATTERNS)
    + tuple(Sign(word, re.compile(pattern), words, "lines") for word, pattern, words in _MARKUP)
    + (Sign("marks_a_turn", _CAPITALS, ("SYSTEM", "ASSISTANT", "INSTRUCTION", "ADMIN"), "seen"),)
)
