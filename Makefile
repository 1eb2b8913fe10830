# make run     the node and its view, for a person
# make test    everything that shows that it works; ends with one line of counts
# make help    the rest

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

BUILD_PACKAGES := libavahi-client-dev libavahi-core-dev libdbus-1-dev libsqlite3-dev libsodium-dev libqrencode-dev fonts-inter
# The lab's hosts run real daemons, a real firewall and a real browser.
LAB_PACKAGES := python3 python3-venv avahi-daemon avahi-utils dbus dbus-bin iproute2 nftables openssl procps \
  util-linux chromium mutter gcc libc6-dev
PROTO_PACKAGES := protobuf-compiler
# What changes and cursors are compared with, and what measures it: a LAN of namespaces and load generators in C. Whoever
# is not root may have them, or the rows are left out.
BENCH_PACKAGES := redis-server nats-server python3-venv iproute2 nftables procps util-linux gcc libc6-dev
DEB_PACKAGES := debhelper dpkg-dev python3
# What shows that the Debian package works: a machine made of nothing but Debian's own packages, and Debian's judge.
DEB_LAB_PACKAGES := debootstrap lintian desktop-file-utils systemd groff-base bash zsh fish

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

.PHONY: help run build test lab pictures simulate fuzz sanitize proto format lint clean lab-packages
.PHONY: bench release install uninstall deb package-test

help:
	@echo 'make run       build a release, start the node and open its view'
	@echo 'make build     build for development'
	@echo 'make test      build once, then tests, lab, simulator and lint; needs root for the lab'
	@echo 'make lab       only the stories on a LAN of network namespaces; STORY=... picks some'
	@echo 'make pictures  every state of the view on the way in, by day and night, into .build/pictures; needs root'
	@echo 'make simulate  only the simulator; SEEDS=1..200; bullpen-simulate --shrink SEED tells what fails as a story'
	@echo 'make bench     how fast it is beside other ways to do the same; ROWS=100000, CHANGES=100000,1000000, ROUNDS=3,'
	@echo '               PEOPLE=2,10,20,50; table in .build/bench.md'
	@echo 'make fuzz      bytes that went wrong for every decoder; TARGET=... SECONDS=60 SEED=... COVERAGE=1'
	@echo 'make sanitize  the tests near C and shared memory under AddressSanitizer, then ThreadSanitizer'
	@echo 'make release   what is installed, into .build/package: the command, stripped, with its pages and completions'
	@echo 'make install   put that under PREFIX=/usr/local, below DESTDIR=; `make uninstall` takes it away'
	@echo 'make deb       the Debian package of it, into .build/deb'
	@echo 'make package-test  install, upgrade and purge that package on bare Debians in the lab; needs root'
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

pictures: lab-packages
	@python3 Tests/run pictures $(if $(STORY),-k '$(STORY)')

SEEDS ?= 1..200
simulate: lab-packages
	@python3 Tests/run simulate --seeds $(SEEDS)

# Measured as it is installed: a development build says nothing about speed. A million CHANGES take a few of its minutes.
ROWS ?= 100000
CHANGES ?= 100000,1000000
ROUNDS ?= 3
PEOPLE ?= 2,10,20,50
bench:
	$(call packages,$(BUILD_PACKAGES),exit 1)
	@if [ "$$(id -u)" = 0 ]; then $(MAKE) --no-print-directory install-bench-packages; fi
	@swift build -c release --product bullpen-bench
	@swift build -c release --product bullpen
	@built="$$(swift build -c release --show-bin-path)"; Benchmarks/run --bench "$$built/bullpen-bench" \
	  --bullpen "$$built/bullpen" --rows $(ROWS) --changes $(CHANGES) --rounds $(ROUNDS) --people $(PEOPLE) \
	  --markdown .build/bench.md

.PHONY: install-bench-packages
install-bench-packages:
	$(call packages,$(BENCH_PACKAGES),exit 1)

# For as long as wanted; no TARGET means all of them. What fails is kept, made small, in .build/fuzz-found. With
# COVERAGE=1 libFuzzer looks for new ways through the code of one target, and keeps those in .build/fuzz-corpus.
TARGET ?=
SECONDS ?= 60
SEED ?=
COVERAGE ?=
fuzz: lab-packages
	@python3 Tests/run fuzz --seconds $(SECONDS) $(TARGET:%=--target %) $(SEED:%=--seed %) $(COVERAGE:1=--coverage)

sanitize: lab-packages
	@python3 Tests/run sanitize

# --- What is installed ---

VERSION := $(shell sed -n 's/^  public static let version = "\(.*\)"$$/\1/p' Sources/BullpenNode/Release.swift)
PREFIX ?= /usr/local
DESTDIR ?=
# Where zsh looks differs between systems; Debian's packages say another folder.
ZSHDIR ?= share/zsh/site-functions
PACKAGE := .build/package

# Below PREFIX, and at the same paths below $(PACKAGE).
INSTALLED := bin/bullpen lib/systemd/user/bullpen.service share/applications/bullpen.desktop \
  share/icons/hicolor/scalable/apps/bullpen.svg share/man/man1/bullpen.1 \
  share/bash-completion/completions/bullpen share/fish/vendor_completions.d/bullpen.fish

# The Swift library is linked in, and the folder that it was built in is neither looked into nor named.
release:
	$(call packages,$(BUILD_PACKAGES),exit 1)
	@swift build -c release --product bullpen --static-swift-stdlib --disable-local-rpath \
	  -Xswiftc -no-toolchain-stdlib-rpath -Xcc '-ffile-prefix-map=$(CURDIR)/=' -Xlinker -z -Xlinker now
	@rm -rf $(PACKAGE)
	@for file in $(INSTALLED); do mkdir -p "$(PACKAGE)/$$(dirname "$$file")"; done
	@strip --strip-unneeded -o $(PACKAGE)/bin/bullpen .build/release/bullpen
	@$(PACKAGE)/bin/bullpen --experimental-dump-help \
	  | SOURCE_DATE_EPOCH="$${SOURCE_DATE_EPOCH-$$(git log -1 --format=%ct 2>/dev/null || true)}" \
	    python3 packaging/manual.py '$(VERSION)' > $(PACKAGE)/share/man/man1/bullpen.1
	@$(PACKAGE)/bin/bullpen --generate-completion-script bash | sed '1{/^#!/d}' \
	  > $(PACKAGE)/share/bash-completion/completions/bullpen
	@$(PACKAGE)/bin/bullpen --generate-completion-script zsh > $(PACKAGE)/_bullpen
	@$(PACKAGE)/bin/bullpen --generate-completion-script fish > $(PACKAGE)/share/fish/vendor_completions.d/bullpen.fish
	@cp packaging/bullpen.service.in $(PACKAGE)/lib/systemd/user/bullpen.service
	@cp packaging/bullpen.desktop $(PACKAGE)/share/applications/
	@cp packaging/bullpen.svg $(PACKAGE)/share/icons/hicolor/scalable/apps/

# Builds nothing, so that it can run with more rights than the build.
install:
	@[ -x $(PACKAGE)/bin/bullpen ] || { echo 'Nothing is built yet: run `make release` first.'; exit 1; }
	@for file in $(INSTALLED); do \
	  case "$$file" in bin/*) mode=755 ;; *) mode=644 ;; esac; \
	  install -D -m "$$mode" "$(PACKAGE)/$$file" "$(DESTDIR)$(PREFIX)/$$file"; \
	done
	@install -D -m 644 $(PACKAGE)/_bullpen "$(DESTDIR)$(PREFIX)/$(ZSHDIR)/_bullpen"
	@sed -i 's|@BINDIR@|$(PREFIX)/bin|' "$(DESTDIR)$(PREFIX)/lib/systemd/user/bullpen.service"

uninstall:
	@for file in $(INSTALLED) $(ZSHDIR)/_bullpen; do rm -f "$(DESTDIR)$(PREFIX)/$$file"; done

# Debian's tools write beside and into the folder they work in, so they work in one of their own. DEB_VERSION makes a
# package that says it is another version: the story about upgrades packs an earlier commit.
DEB_VERSION ?= $(VERSION)
DEB_DIR := .build/deb
deb:
	$(call packages,$(BUILD_PACKAGES) $(DEB_PACKAGES),exit 1)
	@[ "$$(dpkg-parsechangelog -S Version)" = '$(VERSION)' ] \
	  || { echo 'debian/changelog and Sources/BullpenNode/Release.swift name different versions.'; exit 1; }
	@SOURCE_DATE_EPOCH="$$(dpkg-parsechangelog -S Timestamp)" $(MAKE) --no-print-directory release
	@rm -rf $(DEB_DIR) && mkdir -p $(DEB_DIR)/work && cp -a debian $(DEB_DIR)/work/
	@sed -i '1s/(.*)/($(DEB_VERSION))/' $(DEB_DIR)/work/debian/changelog
	@cd $(DEB_DIR)/work && BULLPEN_BUILT='$(CURDIR)' dpkg-buildpackage --build=binary --no-sign
	@rm -rf $(DEB_DIR)/work
	@ls -l $(DEB_DIR)/bullpen_$(DEB_VERSION)_$$(dpkg --print-architecture).deb

package-test: lab-packages
	$(call packages,$(DEB_PACKAGES) $(DEB_LAB_PACKAGES),exit 1)
	@$(MAKE) --no-print-directory deb
	@python3 Tests/Lab/earlier.py .build/deb-earlier
	@python3 Tests/run package $(if $(STORY),-k '$(STORY)')

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
