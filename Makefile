# make demo    train the built-in scene for a minute and render it; results in ./out
# make test    build everything and run the tests
# make bench   the kernels and one frame, as tables; see bench/README.md
# make generate   write the checked-in assembly again from its generators
#
# Go is all that is needed: no C compiler, no GPU, no display.

export CGO_ENABLED ?= 0
GO ?= go

.PHONY: demo test bench generate clean

demo:
	$(GO) build -buildvcs=false -o out/lfn ./cmd/lfn
	./out/lfn demo --out out

test:
	$(GO) build ./...
	$(GO) test ./...

bench:
	$(GO) build -buildvcs=false -o out/lfn ./cmd/lfn
	./out/lfn bench
	$(GO) test -run '^$$' -bench . -benchmem ./...

generate:
	$(GO) generate ./...

clean:
	rm -rf out
