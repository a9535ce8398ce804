package shaders

import (
	"encoding/binary"
	"math"

	"lfnview/lfn"
)

// toHalf rounds to float16; what is beyond becomes the largest number.
func toHalf(v float32) uint16 { return lfn.Float16Bits(min(max(v, -65504), 65504)) }

// weights lays the layers out in the order in which the shader reads them: for each pass of the encoding, then for
// each further hidden layer, a row of Width outputs for each input. Behind the rows of a layer come its bias and,
// in a unit of its own, 1 over its true width; the last layer has a unit of three outputs for each input. Layers in
// front of a norm are centred: without their mean over the outputs, which the norm would take off. The sum is in
// float64.
func (p *plan) weights(n *lfn.Network) []byte {
	b := make([]byte, 0, p.weightBytes())
	hidden, last := n.Layers[:len(n.Layers)-1], n.Layers[len(n.Layers)-1]
	if len(hidden) == 0 {
		hidden = []lfn.Layer{last}
		last = lfn.Layer{In: 3, Out: 3, Weight: []float32{1, 0, 0, 0, 1, 0, 0, 0, 1}, Bias: make([]float32, 3)}
	}
	row := make([]float64, p.width)
	for i, l := range hidden {
		passes := [][]int{upTo(p.width)}
		if i == 0 {
			passes = passes[:0]
			for pass := range p.passes {
				passes = append(passes, p.passRows(pass))
			}
		}
		for pass, rows := range passes {
			for _, k := range rows {
				clear(row)
				if k >= 0 && k < l.In {
					for o := range l.Out {
						row[o] = float64(l.Weight[o*l.In+k])
					}
				}
				p.center(row[:l.Out])
				b = p.row(b, row, p.Half && (i > 0 || pass > 0 || !p.Exact()))
			}
		}
		clear(row)
		for o, v := range l.Bias {
			row[o] = float64(v)
		}
		p.center(row[:l.Out])
		b = p.row(b, row, false)
		b = unit(b, 1/float32(l.Out), 0, 0, 0)
	}
	for k := range p.width {
		var c [3]float32
		if k < last.In {
			for o := range c {
				c[o] = last.Weight[o*last.In+k]
			}
		}
		b = unit(b, c[0], c[1], c[2], 0)
	}
	b = unit(b, last.Bias[0], last.Bias[1], last.Bias[2], 0)
	return append(b, make([]byte, p.weightBytes()-len(b))...)
}

// center takes the mean off a row where a norm follows.
func (p *plan) center(row []float64) {
	if !p.Norm() {
		return
	}
	mean := 0.0
	for _, v := range row {
		mean += v / float64(len(row))
	}
	for o := range row {
		row[o] -= mean
	}
}

// row appends a row, in half or single precision.
func (p *plan) row(b []byte, row []float64, inHalf bool) []byte {
	for _, v := range row {
		if inHalf {
			b = binary.LittleEndian.AppendUint16(b, toHalf(float32(v)))
		} else {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
		}
	}
	return b
}

// unit appends four numbers.
func unit(b []byte, vs ...float32) []byte {
	for _, v := range vs {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}
