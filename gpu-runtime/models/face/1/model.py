"""Mouths of neural avatars under Triton: the banks of gpu-runtime/face, decoded with the package onnxruntime.

Avatars are folders as `npm run avatars -- prepare` makes them. A bank is mapped from its file when its avatar is first asked
for; those of which no more than `bank_mebibytes` fit together go, the one longest unused first.
"""

import json
import os
import re
import time

import numpy as np
import onnxruntime
import triton_python_backend_utils as pb_utils

AVATAR_ID = re.compile(r"^[a-z][a-z0-9-]{0,63}$")
LARGEST_PARAMETER = 4.0
# One record of bank.bin: the decoder's inputs in their order (gpu-runtime/face/template-bank.ts).
RECORD = np.dtype(
    [
        ("input_half", "<f2", (3, 240, 240)),
        ("skip1_half", "<f2", (16, 120, 120)),
        ("skip0_half", "<f2", (32, 96, 96)),
        ("skip_half", "<f2", (64, 48, 48)),
        ("outside_mean", "<f4", (32, 1, 1)),
        ("outside_square", "<f4", (32, 1, 1)),
    ]
)


class Invalid(Exception):
    """The caller's mistake."""


class Avatar:
    def __init__(self, folder, providers, threads):
        with open(os.path.join(folder, "avatar.json"), encoding="utf-8") as file:
            manifest = json.load(file)
        files = manifest["files"]
        self.frames = manifest["frames"]
        self.records = np.memmap(os.path.join(folder, files["bank"]), RECORD, mode="r")
        if len(self.records) != self.frames:
            raise ValueError("its bank does not hold %d pictures" % self.frames)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        path = os.path.join(folder, files["decoder"])
        self.session = onnxruntime.InferenceSession(path, options, providers=providers)
        self.used = time.monotonic()

    def decode(self, frames, params, outputs):
        records = self.records[frames]
        feeds = {name: np.ascontiguousarray(records[name]) for name in RECORD.names}
        return self.session.run(outputs, {**feeds, "params": params})


class TritonPythonModel:
    def initialize(self, args):
        config = json.loads(args["model_config"])
        given = {key: value["string_value"] for key, value in config.get("parameters", {}).items()}
        folder = os.environ.get("UNDERSTUDY_AVATARS") or given["avatars"]
        model_folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        self.repository = os.path.normpath(os.path.join(model_folder, folder))
        self.limit = float(given.get("bank_mebibytes", "2048")) * 2**20
        self.threads = int(given.get("intra_op_thread_count", "1"))
        wanted = ["CUDAExecutionProvider", "CPUExecutionProvider"]
        self.providers = [each for each in wanted if each in onnxruntime.get_available_providers()]
        self.avatars = {}

    def avatar(self, name):
        found = self.avatars.get(name)
        if found is None:
            folder = os.path.join(self.repository, name)
            known = AVATAR_ID.match(name) and os.path.exists(os.path.join(folder, "avatar.json"))
            if not known:
                raise Invalid("There is no avatar \u201c%s\u201d here." % name[:64])
            found = Avatar(folder, self.providers, self.threads)
            self.avatars[name] = found
            self.make_room(found)
        found.used = time.monotonic()
        return found

    def make_room(self, newest):
        while sum(each.records.nbytes for each in self.avatars.values()) > self.limit:
            others = [(a.used, name) for name, a in self.avatars.items() if a is not newest]
            if not others:
                return
            del self.avatars[min(others)[1]]

    def rows(self, request):
        """The rows of one request, checked."""
        names, frames, params = (
            pb_utils.get_input_tensor_by_name(request, name).as_numpy()
            for name in ("AVATAR", "FRAME", "PARAMETERS")
        )
        ids = [bytes(name).decode("utf-8", "replace") for name in names.ravel()]
        if not np.all(np.abs(params) <= LARGEST_PARAMETER):
            raise Invalid("PARAMETERS: a number is not finite or beyond \u00b14.")
        rows = []
        for name, frame, param in zip(ids, frames.ravel(), params):
            count = self.avatar(name).frames
            if not 0 <= frame < count:
                raise Invalid(
                    "FRAME %d: avatar \u201c%s\u201d has pictures 0 to %d." % (frame, name, count - 1)
                )
            rows.append((name, int(frame), param))
        return rows

    def execute(self, requests):
        """Rows of all requests that share an avatar run together."""
        answers = [None] * len(requests)
        waiting = []
        for index, request in enumerate(requests):
            try:
                waiting.extend((index, row) for row in self.rows(request))
            except Invalid as error:
                answers[index] = refusal(str(error), pb_utils.TritonError.INVALID_ARG)
            except Exception as error:
                answers[index] = refusal(str(error), pb_utils.TritonError.INTERNAL)
        outputs = sorted({name for each in requests for name in each.requested_output_names()})
        made = {}
        for name in {row[0] for _, row in waiting}:
            mine = [at for at, (_, row) in enumerate(waiting) if row[0] == name]
            frames = [waiting[at][1][1] for at in mine]
            params = np.stack([waiting[at][1][2] for at in mine]).astype(np.float32)
            for output, values in zip(outputs, self.avatar(name).decode(frames, params, outputs)):
                made.update(((output, at), value) for at, value in zip(mine, values))
        for index, request in enumerate(requests):
            if answers[index] is not None:
                continue
            own = [at for at, (of, _) in enumerate(waiting) if of == index]
            answers[index] = pb_utils.InferenceResponse(
                [
                    pb_utils.Tensor(name, np.stack([made[(name, at)] for at in own]))
                    for name in request.requested_output_names()
                ]
            )
        return answers


def refusal(message, code):
    return pb_utils.InferenceResponse(error=pb_utils.TritonError(message, code))
