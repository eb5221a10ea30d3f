# syntax=docker/dockerfile:1.7
# Triton with what our Python models import, and our model repository. Context: the project's root.
FROM nvcr.io/nvidia/tritonserver:24.12-py3
COPY gpu-runtime/environments/whisper.txt /tmp/whisper.txt
RUN --mount=type=cache,target=/root/.cache/pip \
    python3 -m pip install --disable-pip-version-check --requirement /tmp/whisper.txt
COPY gpu-runtime/models /models
USER triton-server
EXPOSE 8091 8092
