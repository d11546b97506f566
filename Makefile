# The verbs for people and CI. Each does its own set-up (in this clone only) and then its work.
SONG ?=
SHELL := /bin/bash
ENV := source ./env.sh &&

.PHONY: play view test lint bench lock setup-play setup-dev

play: setup-play  ## Play a song: make play SONG=path/to/file.mid
	@$(ENV) pianomime play $(if $(SONG),"$(SONG)")

view: setup-play  ## Play a song and watch it in the browser: make view SONG=fur_elise
	@$(ENV) pianomime play $(if $(SONG),"$(SONG)") --view

test: setup-dev  ## Run every test.
	@$(ENV) pytest

lint: setup-dev  ## Check format, lint and types.
	@$(ENV) ruff format --check . && ruff check . && mypy

bench: setup-dev  ## Measure the graph's timing.
	@$(ENV) python benchmarks/graph_timing.py

lock: setup-dev  ## Resolve requirements/*.in anew.
	@$(ENV) tools/lock

setup-play setup-dev:
	@tools/setup $(@:setup-%=%)
