package lfn

import (
	"fmt"
	"slices"
	"strings"
)

// readNetwork reads the network of shape c. The tensors of the file must be those of c, no more and no fewer,
// each of its shape; only then is memory taken for them.
func readNetwork(file *safetensors, c Config) (*Network, error) {
	blocks := make([]*blockGrid, len(c.Encoding.Sides()))
	known := map[string]bool{}
	for _, want := range tensorsOf(c) {
		if want.grid >= 0 && file.find(want.name) == nil && file.find(want.name+blocksSuffix) != nil {
			b, err := findBlocks(file, want, c.Encoding.Sparse(c.Encoding.Sides()[want.grid]))
			if err != nil {
				return nil, err
			}
			blocks[want.grid] = b
			known[b.blocks.name], known[b.index.name] = true, true
			continue
		}
		if _, err := findTensor(file, want.name, want.shape, floatTypes...); err != nil {
			return nil, err
		}
		known[want.name] = true
	}
	if err := hasOnly(file, known, "network"); err != nil {
		return nil, err
	}
	spans := make([]*Spans, len(blocks))
	for i, b := range blocks {
		if b != nil && b.sparse {
			spans[i] = b.spans()
		}
	}
	n, err := newZeroOf(c, spans)
	if err != nil {
		return nil, formatErrorf(lenSize, "network: %v", err)
	}
	for _, t := range n.Tensors() {
		if known[t.Name] {
			if err := file.floats(t.Data, file.find(t.Name), 0); err != nil {
				return nil, err
			}
		}
	}
	for i, b := range blocks {
		if b != nil {
			if err := b.read(file, n.Grids[i], spans[i]); err != nil {
				return nil, err
			}
		}
	}
	n.FindEmptySpace()
	return n, nil
}

// networkParts returns the tensors of n as they go into a file: in float16, grids in blocks where that is
// smaller. A tensor with a value that is too large for float16 stays float32.
// empty answers the blocks of a grid that need not be kept, nil for none.
func networkParts(n *Network, empty func(grid int) []bool) ([]part, error) {
	var parts []part
	for i, t := range n.Tensors() {
		p, err := floatPart(t)
		if err != nil {
			return nil, err
		}
		if grid := i - 2*len(n.Layers); grid >= 0 {
			e := n.Config.Encoding
			side := e.Sides()[grid]
			p.shape = []int{e.Slices(side), side, side, 4} // of a grid that is held in part, too
			parts = append(parts, blockParts(p, n.spansOf(grid), empty(grid), e.Sparse(side))...)
		} else {
			parts = append(parts, p)
		}
	}
	return parts, nil
}

// floatPart is a tensor as it goes into a file: in float16, unless a value is too large for that.
func floatPart(t Tensor) (part, error) {
	half := true
	for j, x := range t.Data {
		if x-x != 0 {
			return part{}, fmt.Errorf("%s: value %d is %v, want a finite number", t.Name, j, x)
		}
		half = half && x < maxFloat16 && x > -maxFloat16
	}
	p := part{name: t.Name, dtype: "F32", shape: t.Shape, floats: t.Data}
	if half {
		p.dtype = "F16"
	}
	return p, nil
}

// wanted is a tensor that a file must have; grid is its number among the grids, or −1.
type wanted struct {
	name  string
	shape []int64
	grid  int
}

// tensorsOf lists the names and shapes of Network.Tensors for a network of shape c without making one.
func tensorsOf(c Config) []wanted {
	var ts []wanted
	in := c.InputWidth()
	for i, out := range append(slices.Clone(c.Hidden), 3) {
		ts = append(ts,
			wanted{fmt.Sprintf("layers.%d.weight", i), []int64{int64(out), int64(in)}, -1},
			wanted{fmt.Sprintf("layers.%d.bias", i), []int64{int64(out)}, -1})
		in = out
	}
	for i, r := range c.Encoding.Sides() {
		ts = append(ts, wanted{fmt.Sprintf("grids.%d", i), []int64{int64(c.Encoding.Slices(r)), int64(r), int64(r), 4}, i})
	}
	return ts
}

// hasOnly returns an error where a file has other tensors than those that are known of what it holds.
func hasOnly(file *safetensors, known map[string]bool, holds string) error {
	for _, t := range file.tensors {
		if !known[t.name] {
			return formatErrorf(t.begin, "%s is not a tensor of this %s: has %d tensors, want %d", t.name, holds, len(file.tensors), len(known))
		}
	}
	return nil
}

// findTensor returns the tensor of that name, which must have that shape and one of the dtypes.
func findTensor(file *safetensors, name string, shape []int64, dtypes ...string) (*stored, error) {
	t := file.find(name)
	if t == nil {
		return nil, formatErrorf(lenSize, "%s is missing, want shape %v", name, shape)
	}
	if !slices.Equal(t.shape, shape) {
		return nil, formatErrorf(t.begin, "%s has shape %v, want %v", name, t.shape, shape)
	}
	if !slices.Contains(dtypes, t.dtype) {
		return nil, formatErrorf(t.begin, "%s has dtype %s, want %s", name, t.dtype, strings.Join(dtypes, " or "))
	}
	return t, nil
}
