# The verbs for people and CI. Each does its own set-up (in this clone only) and then its work.
SONG ?=
BASH_ENV := env.sh
export BASH_ENV
SHELL := /bin/bash

.PHONY: play test lint bench lock setup-play setup-dev

play: setup-play  ## Play a song: make play SONG=path/to/file.mid
	pianomime play $(SONG)

test: setup-dev  ## Run every test.
	pytest

lint: setup-dev  ## Check format, lint and types.
	ruff format --check .
	ruff check .
	mypy

bench: setup-dev  ## Measure the graph's timing.
	python benchmarks/graph_timing.py

lock: setup-dev  ## Resolve requirements/*.in anew.
	tools/lock

# The environment that these make is what BASH_ENV loads, so they run without it.
setup-play setup-dev:
	@BASH_ENV= bash tools/setup $(@:setup-%=%)
