"""Stands in for the module of this name that Triton gives to a `model.py`, as far as models here use it.

Source: "Python Backend", Triton Inference Server documentation. Shared memory, decoupled responses and business logic
scripting are left out: what they would need raises AttributeError.
"""

import json
import sys

import numpy as np

_NUMPY_TYPES = {
    "TYPE_BOOL": np.bool_,
    "TYPE_UINT8": np.uint8,
    "TYPE_UINT16": np.uint16,
    "TYPE_UINT32": np.uint32,
    "TYPE_UINT64": np.uint64,
    "TYPE_INT8": np.int8,
    "TYPE_INT16": np.int16,
    "TYPE_INT32": np.int32,
    "TYPE_INT64": np.int64,
    "TYPE_FP16": np.float16,
    "TYPE_FP32": np.float32,
    "TYPE_FP64": np.float64,
    "TYPE_STRING": np.object_,
}


class TritonModelException(Exception):
    """Raised by a model, or by this module where a model uses it wrongly."""


class TritonError:
    """What went wrong with one request. `code` is one of the names below."""

    UNKNOWN = "UNKNOWN"
    INTERNAL = "INTERNAL"
    NOT_FOUND = "NOT_FOUND"
    INVALID_ARG = "INVALID_ARG"
    UNAVAILABLE = "UNAVAILABLE"
    UNSUPPORTED = "UNSUPPORTED"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    CANCELLED = "CANCELLED"

    def __init__(self, message, code=INTERNAL):
        self._message = str(message)
        self._code = code

    def message(self):
        return self._message

    def code(self):
        return self._code


class Tensor:
    """A name and a numpy array. Text travels as an array of objects: bytes or str."""

    def __init__(self, name, array):
        if not isinstance(array, np.ndarray):
            raise TritonModelException("Tensor “%s” wants a numpy array." % name)
        self._name = name
        self._array = array

    def name(self):
        return self._name

    def as_numpy(self):
        return self._array

    def shape(self):
        return self._array.shape

    def is_cpu(self):
        return True


class InferenceRequest:
    def __init__(self, inputs, request_id="", requested_output_names=(), parameters=None):
        self._inputs = list(inputs)
        self._request_id = request_id
        self._requested_output_names = list(requested_output_names)
        self._parameters = {} if parameters is None else parameters

    def inputs(self):
        return self._inputs

    def request_id(self):
        return self._request_id

    def correlation_id(self):
        return 0

    def requested_output_names(self):
        return self._requested_output_names

    def parameters(self):
        """JSON, as Triton gives it."""
        return json.dumps(self._parameters)

    def is_cancelled(self):
        return False


class InferenceResponse:
    def __init__(self, output_tensors=(), error=None):
        self._output_tensors = list(output_tensors)
        self._error = error

    def output_tensors(self):
        return self._output_tensors

    def has_error(self):
        return self._error is not None

    def error(self):
        return self._error


class Logger:
    """Writes to standard error, which the runtime shows on request."""

    @staticmethod
    def log(message, level="INFO"):
        print("%s %s" % (level, message), file=sys.stderr, flush=True)

    @staticmethod
    def log_info(message):
        Logger.log(message, "INFO")

    @staticmethod
    def log_warn(message):
        Logger.log(message, "WARNING")

    @staticmethod
    def log_error(message):
        Logger.log(message, "ERROR")

    @staticmethod
    def log_verbose(message):
        Logger.log(message, "VERBOSE")


def get_input_tensor_by_name(request, name):
    """None where the request has no such input."""
    return _named(request.inputs(), name)


def get_output_tensor_by_name(response, name):
    return _named(response.output_tensors(), name)


def get_input_config_by_name(model_config, name):
    return _config_named(model_config, "input", name)


def get_output_config_by_name(model_config, name):
    return _config_named(model_config, "output", name)


def using_decoupled_model_transaction_policy(model_config):
    return False


def triton_string_to_numpy(type_name):
    """`TYPE_FP32`, as a configuration writes it, to numpy's type."""
    return _NUMPY_TYPES[type_name]


def _named(tensors, name):
    return next((tensor for tensor in tensors if tensor.name() == name), None)


def _config_named(model_config, side, name):
    return next((each for each in model_config.get(side, []) if each["name"] == name), None)
