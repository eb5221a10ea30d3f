"""Asks a server everything through Triton's own client, and prints what it said as one JSON object.

Usage: ask_with_tritonclient.py HOST:GRPC_PORT HOST:HTTP_PORT. The server has the model `echo`.
"""

import json
import queue
import sys

import numpy as np
import tritonclient.grpc as over_grpc
import tritonclient.http as over_http
from tritonclient.utils import InferenceServerException

STREAMED = 50
WAIT_S = 20


def fault(action):
    """Status and whether there are words, of an action that must fail."""
    try:
        action()
    except InferenceServerException as error:
        return {"status": error.status(), "says": len(error.message() or "") > 0}
    return {"status": "none", "says": False}


def infer_input(module, values, datatype="FP32", name="IN", **how):
    tensor = module.InferInput(name, list(values.shape), datatype)
    tensor.set_data_from_numpy(values, **how)
    return tensor


def ask(module, client, metadata_of, statistics_of):
    row = np.array([[1.5, -2.0, np.inf]], dtype=np.float32)
    one = infer_input(module, row)
    back = client.infer("echo", [one], request_id="r1", priority=2, timeout=5_000_000)
    asked = client.infer("echo", [one], outputs=[module.InferRequestedOutput("OUT")])
    rows = np.arange(6, dtype=np.float32).reshape(3, 2)
    many = client.infer("echo", [infer_input(module, rows)], model_version="1")
    model = metadata_of(client)
    statistics = statistics_of(client)
    nothing = infer_input(module, np.array([1], dtype=np.int32), "INT32")
    return {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "modelReady": client.is_model_ready("echo"),
        "unknownReady": client.is_model_ready("nobody"),
        "inputs": [[i["name"], i["datatype"], [int(size) for size in i["shape"]]] for i in model["inputs"]],
        "id": back.get_response()["id"] if module is over_http else back.get_response().id,
        "echoed": bool(np.array_equal(back.as_numpy("OUT"), row)),
        "echoedAsked": bool(np.array_equal(asked.as_numpy("OUT"), row)),
        "echoedRows": bool(np.array_equal(many.as_numpy("OUT"), rows)),
        "inferences": int(statistics["model_stats"][0]["inference_count"]),
        "unknownModel": fault(lambda: client.infer("nobody", [one])),
        "wrongInput": fault(lambda: client.infer("echo", [nothing])),
        "wrongName": fault(lambda: client.infer("echo", [infer_input(module, row, name="SOUND")])),
        "tooManyRows": fault(
            lambda: client.infer("echo", [infer_input(module, np.zeros((9, 1), dtype=np.float32))])
        ),
        "unknownStatistics": fault(lambda: client.get_inference_statistics("nobody")),
    }


def ask_http_forms(client):
    """JSON and packed bodies, in both directions."""
    row = np.array([[1.5, -2.0]], dtype=np.float32)
    same = lambda result: bool(np.array_equal(result.as_numpy("OUT"), row))
    plain = infer_input(over_http, row, binary_data=False)
    wanted = over_http.InferRequestedOutput("OUT", binary_data=False)
    return {
        "json": same(client.infer("echo", [plain], outputs=[wanted])),
        "jsonIn": same(client.infer("echo", [plain])),
        "gzip": same(client.infer("echo", [plain], request_compression_algorithm="gzip")),
        "deflate": same(
            client.infer("echo", [infer_input(over_http, row)], request_compression_algorithm="deflate")
        ),
    }


def ask_stream(address):
    """Many requests over one stream, one of them wrong."""
    answers = queue.Queue()
    client = over_grpc.InferenceServerClient(address)
    client.start_stream(lambda result, error: answers.put((result, error)))
    for index in range(STREAMED):
        value = np.full((1, 2), index, dtype=np.float32)
        client.async_stream_infer("echo", [infer_input(over_grpc, value)], request_id=str(index))
    wrong = infer_input(over_grpc, np.zeros((1, 1), dtype=np.float32), name="SOUND")
    client.async_stream_infer("echo", [wrong], request_id="wrong")
    right, failed = 0, 0
    for _ in range(STREAMED + 1):
        result, error = answers.get(timeout=WAIT_S)
        if error is not None:
            failed += 1
        else:
            own = float(result.get_response().id)
            right += bool(np.array_equal(result.as_numpy("OUT"), np.full((1, 2), own, dtype=np.float32)))
    client.stop_stream()
    client.close()
    return {"right": right, "failed": failed}


def main():
    grpc_address, http_address = sys.argv[1:]
    grpc_client = over_grpc.InferenceServerClient(grpc_address)
    http_client = over_http.InferenceServerClient(http_address)
    answer = {
        "grpc": ask(
            over_grpc,
            grpc_client,
            lambda client: client.get_model_metadata("echo", as_json=True),
            lambda client: client.get_inference_statistics("echo", as_json=True),
        ),
        "http": ask(
            over_http,
            http_client,
            lambda client: client.get_model_metadata("echo"),
            lambda client: client.get_inference_statistics("echo"),
        ),
        "server": [grpc_client.get_server_metadata().name, http_client.get_server_metadata()["name"]],
        "httpForms": ask_http_forms(http_client),
        "stream": ask_stream(grpc_address),
    }
    grpc_client.close()
    http_client.close()
    print(json.dumps(answer))


main()
