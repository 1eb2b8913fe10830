# make run     the node and its view, for a person
# make test    everything that shows that it works; ends with one line of counts
# make help    the rest

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

BUILD_PACKAGES := libavahi-client-dev libavahi-core-dev libsqlite3-dev libsodium-dev libqrencode-dev fonts-inter
# The lab's hosts run real daemons, a real firewall and a real browser.
LAB_PACKAGES := python3 python3-venv avahi-daemon avahi-utils dbus dbus-bin iproute2 nftables openssl procps \
  util-linux chromium
PROTO_PACKAGES := protobuf-compiler

SWIFT_BUILD := swift build --explicit-target-dependency-import-check error

# Installs the packages named in $(1) that are missing. Only apt is run with more rights than the person has.
define packages
	@missing=(); \
	for package in $(1); do \
	  [ "$$(dpkg-query -W -f='$${db:Status-Status}' "$$package" 2>/dev/null)" = installed ] || missing+=("$$package"); \
	done; \
	if [ $${#missing[@]} -gt 0 ]; then \
	  echo "Debian packages that are missing here: $${missing[*]}"; \
	  install="apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $${missing[*]}"; \
	  if [ "$$(id -u)" = 0 ]; then bash -c "$$install"; \
	  elif command -v sudo >/dev/null; then sudo bash -c "$$install"; \
	  else \
	    printf "Install them with this line, then run make again:\n\n  su -c '%s'\n\n" \
	      "export PATH=\$$PATH:/usr/sbin:/sbin; $$install"; \
	    $(2); \
	  fi; \
	fi
endef

.PHONY: help run build test lab simulate proto format lint clean lab-packages

help:
	@echo 'make run       build a release, start the node and open its view'
	@echo 'make build     build for development'
	@echo 'make test      build once, then tests, lab, simulator and lint; needs root for the lab'
	@echo 'make lab       only the stories on a LAN of network namespaces; STORY=... picks some'
	@echo 'make simulate  only the simulator; SEEDS=1..200'
	@echo 'make proto     generate Sources/BullpenWire/Generated from protocol/bullpen.proto'
	@echo 'make format    rewrite the Swift files in the house style'
	@echo 'make lint      the same, as a check'
	@echo 'make clean     remove what was built'

run:
	$(call packages,$(BUILD_PACKAGES),exit 1)
	@swift build -c release --product bullpen
	@.build/release/bullpen up --open

build:
	$(call packages,$(BUILD_PACKAGES),exit 1)
	@$(SWIFT_BUILD)

# Where nobody may install, what cannot run becomes a counted skip.
lab-packages:
	$(call packages,$(BUILD_PACKAGES),exit 1)
	@if [ "$$(id -u)" = 0 ]; then $(MAKE) --no-print-directory install-lab-packages; fi

.PHONY: install-lab-packages
install-lab-packages:
	$(call packages,$(LAB_PACKAGES),exit 1)

test: lab-packages
	@python3 Tests/run

STORY ?=
lab: lab-packages
	@python3 Tests/run lab $(if $(STORY),-k '$(STORY)')

SEEDS ?= 1..200
simulate: lab-packages
	@python3 Tests/run simulate --seeds $(SEEDS)

# The plugin is the one of the pinned swift-protobuf, so that the code generated fits the library linked.
proto:
	$(call packages,$(PROTO_PACKAGES),exit 1)
	@swift package resolve
	@swift build -c release --package-path .build/checkouts/swift-protobuf --scratch-path .build/protobuf \
	  --product protoc-gen-swift
	@mkdir -p Sources/BullpenWire/Generated
	@protoc --proto_path=protocol --plugin=.build/protobuf/release/protoc-gen-swift \
	  --swift_out=Sources/BullpenWire/Generated protocol/bullpen.proto

format:
	@git ls-files -z -- '*.swift' ':!:*/Generated/*' | xargs -0 swift format --in-place --parallel

lint:
	@python3 Tests/run lint

clean:
	rm -rf .build .venv
