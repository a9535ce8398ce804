# make demo    train the built-in scene for a minute and render it; results in ./out
# make lfnview build the window, out/lfnview
# make test    build everything and run the tests
# make bench   the kernels and one frame, as tables; see bench/README.md
# make generate   write the checked-in assembly again from its generators
#
# Go is all that is needed to train and to render on the CPU. GPUs need cgo: a C compiler and the headers of OpenGL,
# which make demo uses where they are there. The window needs a C++ compiler and the headers of X11 too. make lfnview and
# make test want them, and Mesa's software OpenGL and a display without a screen to test on, and install them where
# apt-get can.

GO ?= go
CGO := $(shell command -v gcc >/dev/null && pkg-config --exists gl 2>/dev/null && echo 1 || echo 0)

.PHONY: demo lfnview test packages bench generate clean

demo:
	CGO_ENABLED=$(CGO) $(GO) build -buildvcs=false -o out/lfn ./cmd/lfn
	./out/lfn demo --out out

lfnview: packages
	CGO_ENABLED=1 $(GO) build -buildvcs=false -o out/lfnview ./cmd/lfnview

test: packages
	CGO_ENABLED=0 $(GO) build ./...
	CGO_ENABLED=1 $(GO) build ./...
	CGO_ENABLED=1 LFN_NEED_GPU=1 $(GO) test ./...

packages:
	sh .ci/packages.sh

bench:
	CGO_ENABLED=$(CGO) $(GO) build -buildvcs=false -o out/lfn ./cmd/lfn
	./out/lfn bench
	CGO_ENABLED=$(CGO) $(GO) test -run '^$$' -bench . -benchmem ./...

generate:
	$(GO) generate ./...

clean:
	rm -rf out
