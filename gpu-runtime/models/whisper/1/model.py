"""Speech to text for many rooms: the utterances of all requests at hand are heard in one batch."""

import json
import os
import sys
from typing import Any, Union

# The interpreter inside Triton does not look at PYTHONPATH by itself.
for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep):
    if folder != "" and folder not in sys.path:
        sys.path.append(folder)

import numpy as np
import triton_python_backend_utils as pb_utils
from recogniser import Heard, Recogniser
from utterance import InvalidUtterance, Utterance, read_utterance
from weights import WeightsMissing, find_weights, load_weights

INPUTS = ("SAMPLES", "LENGTH", "SAMPLE_RATE", "LANGUAGE", "PROMPT", "HOTWORDS", "WORD_TIMES", "DRAFT")
WARM_UP_BATCHES = {"cuda": [1, 2, 4, 8], "cpu": [1]}


class TritonPythonModel:
    def initialize(self, args: dict[str, str]) -> None:
        parameters = json.loads(args["model_config"]).get("parameters", {})

        def setting(name: str, otherwise: str) -> str:
            return parameters.get(name, {}).get("string_value", "") or otherwise

        try:
            weights = find_weights(
                setting("model_path", ""), setting("packaged_weights", "base")
            )
        except WeightsMissing as missing:
            raise pb_utils.TritonModelException(str(missing)) from missing
        model = load_weights(
            weights,
            device=setting("device", "auto"),
            compute_type=setting("compute_type", "auto"),
            cpu_threads=int(setting("cpu_threads", "0")),
            warn=pb_utils.Logger.log_warn,
        )
        self._recogniser = Recogniser(model, beam_size=int(setting("beam_size", "1")))
        self._recogniser.warm_up(WARM_UP_BATCHES[model.model.device])
        pb_utils.Logger.log_info(
            "Whisper (%s) runs on %s with %s."
            % (weights.name, model.model.device, model.model.compute_type)
        )

    def execute(self, requests: list[Any]) -> list[Any]:
        asked = [self._read(request) for request in requests]
        heard = iter(
            self._recogniser.hear(
                [utterance for each in asked if isinstance(each, list) for utterance in each]
            )
        )
        return [
            refusal(each) if isinstance(each, InvalidUtterance) else answer([next(heard) for _ in each])
            for each in asked
        ]

    def _read(self, request: Any) -> Union[list[Utterance], InvalidUtterance]:
        """The utterances of one request, usually one, or what is wrong with it."""
        try:
            inputs = {
                name: pb_utils.get_input_tensor_by_name(request, name).as_numpy() for name in INPUTS
            }
            rows = len(inputs["SAMPLES"])
            utterances = [read_utterance(inputs, row) for row in range(rows)]
            for utterance in utterances:
                self._recogniser.check(utterance)
            return utterances
        except InvalidUtterance as invalid:
            return invalid


def refusal(invalid: InvalidUtterance) -> Any:
    error = pb_utils.TritonError(str(invalid), pb_utils.TritonError.INVALID_ARG)
    return pb_utils.InferenceResponse(output_tensors=[], error=error)


def answer(heard: list[Heard]) -> Any:
    def texts(name: str, values: list[str]) -> Any:
        array = np.array([[value.encode("utf-8")] for value in values], dtype=np.object_)
        return pb_utils.Tensor(name, array)

    def numbers(name: str, values: list[float]) -> Any:
        return pb_utils.Tensor(name, np.array([[value] for value in values], dtype=np.float32))

    return pb_utils.InferenceResponse(
        output_tensors=[
            texts("TEXT", [each.text for each in heard]),
            numbers("CONFIDENCE", [each.confidence for each in heard]),
            numbers("NO_SPEECH", [each.no_speech for each in heard]),
            texts("HEARD_LANGUAGE", [each.language for each in heard]),
            texts("WORDS", [words_of(each) for each in heard]),
            texts("WITHHELD", [each.withheld for each in heard]),
        ]
    )


def words_of(heard: Heard) -> str:
    return json.dumps(
        [
            {
                "text": word.text,
                "startMs": word.start_ms,
                "endMs": word.end_ms,
                "confidence": round(word.confidence, 3),
            }
            for word in heard.words
        ],
        ensure_ascii=False,
    )
