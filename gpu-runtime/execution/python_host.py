"""Runs one Triton `model.py` outside Triton: frames come in on standard input and leave on standard output.

A frame is 4 bytes, little endian, the length of a JSON header; the header; then the data of the tensors that the header
lists under `tensors`, one after another, each `bytes` long.

In:  {"kind": "load", "file", "arguments"} once; then {"kind": "run", "id", "tensors", "outputs"}, and with "requests"
     where the tensors are those of so many requests, one after another.
Out: {"kind": "ready"} or {"kind": "failed", "message"} once; then per run {"kind": "refused", "code", "message"},
     {"kind": "answer", "tensors"}, or for several requests {"kind": "answers", "tensors", "results"} with, for each,
     {"tensors": how many of them} or {"code", "message"}.
The end of standard input ends the process.
"""

import importlib.util
import json
import os
import signal
import struct
import sys
import traceback

MAX_MESSAGE_CHARACTERS = 400


def take_pipes():
    """The frames get descriptors of their own; what the model reads or prints by itself cannot touch them."""
    source = os.fdopen(os.dup(0), "rb", buffering=0)
    sink = os.fdopen(os.dup(1), "wb", buffering=1 << 16)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return source, sink


def read_exactly(source, count):
    data = bytearray(count)
    view = memoryview(data)
    at = 0
    while at < count:
        got = source.readinto(view[at:])
        if not got:
            raise EOFError
        at += got
    return data


def read_frame(source):
    (length,) = struct.unpack("<I", read_exactly(source, 4))
    header = json.loads(bytes(read_exactly(source, length)))
    data = [read_exactly(source, tensor["bytes"]) for tensor in header.get("tensors", ())]
    return header, data


def write_frame(sink, header, data=()):
    text = json.dumps(header).encode()
    sink.write(struct.pack("<I", len(text)))
    sink.write(text)
    for part in data:
        sink.write(part)
    sink.flush()


def describe(error):
    return ("%s: %s" % (type(error).__name__, error))[:MAX_MESSAGE_CHARACTERS]


# The types and their names; filled once numpy has been found.
NUMPY_TYPES = {}
DATATYPES = {}


def learn_types(np):
    NUMPY_TYPES.update(
        BOOL=np.bool_, UINT8=np.uint8, UINT16=np.uint16, UINT32=np.uint32, UINT64=np.uint64,
        INT8=np.int8, INT16=np.int16, INT32=np.int32, INT64=np.int64,
        FP16=np.float16, FP32=np.float32, FP64=np.float64,
    )  # fmt: skip
    DATATYPES.update((np.dtype(kind), name) for name, kind in NUMPY_TYPES.items())


def to_array(np, tensor, data):
    shape = tuple(tensor["shape"])
    if tensor["datatype"] == "BYTES":
        elements = []
        at = 0
        while at < len(data):
            (length,) = struct.unpack_from("<I", data, at)
            elements.append(bytes(data[at + 4 : at + 4 + length]))
            at += 4 + length
        array = np.empty(len(elements), dtype=np.object_)
        array[:] = elements
        return array.reshape(shape)
    kind = NUMPY_TYPES[tensor["datatype"]]
    if len(data) == 0:
        return np.empty(shape, dtype=kind)
    return np.ndarray(shape, dtype=kind, buffer=data)


def from_array(np, name, array):
    header = {"name": name, "shape": list(array.shape)}
    if array.dtype.kind in "OSU":
        chunks = []
        for element in array.ravel():
            chunk = element if isinstance(element, bytes) else str(element).encode()
            chunks.append(struct.pack("<I", len(chunk)))
            chunks.append(chunk)
        data = b"".join(chunks)
        header["datatype"] = "BYTES"
    else:
        datatype = DATATYPES.get(array.dtype)
        if datatype is None:
            raise TypeError("output %s is %s, which has no name" % (name, array.dtype))
        data = array.tobytes()
        header["datatype"] = datatype
    header["bytes"] = len(data)
    return header, data


def load_model(header):
    """Imports the file and initializes its model, with its folders on the path as Triton has them."""
    file = header["file"]
    version_folder = os.path.dirname(file)
    sys.path.extend([version_folder, os.path.dirname(version_folder)])
    spec = importlib.util.spec_from_file_location("model", file)
    module = importlib.util.module_from_spec(spec)
    sys.modules["model"] = module
    spec.loader.exec_module(module)
    model = module.TritonPythonModel()
    if hasattr(model, "initialize"):
        model.initialize(header["arguments"])
    return model


def requests_of(np, utils, header, data):
    """The requests of a run, each with its share of the tensors."""
    inputs = [
        utils.Tensor(tensor["name"], to_array(np, tensor, part))
        for tensor, part in zip(header["tensors"], data)
    ]
    count = header.get("requests", 1)
    each = len(inputs) // count
    return [
        utils.InferenceRequest(
            inputs[at * each : (at + 1) * each],
            request_id="%s.%d" % (header["id"], at),
            requested_output_names=header["outputs"],
        )
        for at in range(count)
    ]


def result_of(np, response):
    """What one response says, its tensors' headers and their data."""
    if response.has_error():
        error = response.error()
        message = error.message() if hasattr(error, "message") else str(error)
        code = error.code() if hasattr(error, "code") else "INTERNAL"
        return {"code": code, "message": message[:MAX_MESSAGE_CHARACTERS]}, [], []
    made = [from_array(np, out.name(), out.as_numpy()) for out in response.output_tensors()]
    return {"tensors": len(made)}, [head for head, _ in made], [data for _, data in made]


def run(np, utils, model, header, data):
    """Returns the answer's header and data."""
    requests = requests_of(np, utils, header, data)
    responses = model.execute(requests)
    given = len(responses) if isinstance(responses, (list, tuple)) else 0
    if given != len(requests) or any(response is None for response in responses):
        raise TypeError("execute() gave no list with one response for each request")
    results = [result_of(np, response) for response in responses]
    tensors = [head for _, heads, _ in results for head in heads]
    parts = [part for _, _, own in results for part in own]
    if "requests" in header:
        said = [result for result, _, _ in results]
        return {"kind": "answers", "results": said, "tensors": tensors}, parts
    if "code" in results[0][0]:
        return {"kind": "refused", **results[0][0]}, []
    return {"kind": "answer", "tensors": tensors}, parts


def main():
    source, sink = take_pipes()
    # Ctrl-C reaches the whole group; the runtime decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        header, _ = read_frame(source)
    except EOFError:
        return 0
    try:
        import numpy as np
        import triton_python_backend_utils as utils

        learn_types(np)
        model = load_model(header)
    except Exception as error:
        traceback.print_exc()
        write_frame(sink, {"kind": "failed", "message": describe(error)})
        return 1
    write_frame(sink, {"kind": "ready"})
    while True:
        try:
            header, data = read_frame(source)
        except EOFError:
            break
        try:
            answer, parts = run(np, utils, model, header, data)
        except Exception as error:
            traceback.print_exc()
            answer, parts = {"kind": "refused", "code": "INTERNAL", "message": describe(error)}, []
        write_frame(sink, answer, parts)
    if hasattr(model, "finalize"):
        model.finalize()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:
        # The runtime is gone; nobody is left to answer.
        os._exit(1)
