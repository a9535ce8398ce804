package train

import (
	"math"

	"lfnview/lfn"
	"lfnview/lfn/f32"
)

const (
	beta1, beta2 = 0.9, 0.99
	adamEps      = 1e-8

	gridLR = 5 // times the dense layers' learning rate

	// pieceSize is small enough to share out the work of a batch, and a multiple of what Touched marks.
	pieceSize = 1 << 15
)

// Adam moves tensors against their gradients (Kingma and Ba, Adam, 2015), in pieces, so that goroutines can share them out.
type Adam struct {
	LR    float64 // of the update, dense tensors'; grids have gridLR times as much
	Step  int     // the number of the update, from 1
	Scale float32 // what gradients are multiplied by
	Decay float64 // times LR is the share of itself that a dense tensor loses (Loshchilov and Hutter, AdamW, 2019)

	moments [][2][]float32 // m and v of each tensor
	pieces  []piece
}

// piece is a part of a tensor that one goroutine updates.
type piece struct{ tensor, lo, hi int }

// NewAdam returns an Adam for tensors with these gradients, before its first update.
func NewAdam(grads []lfn.Grad) *Adam {
	a := &Adam{Scale: 1}
	for i, g := range grads {
		a.moments = append(a.moments, [2][]float32{make([]float32, len(g.D)), make([]float32, len(g.D))})
		for lo := 0; lo < len(g.D); lo += pieceSize {
			a.pieces = append(a.pieces, piece{tensor: i, lo: lo, hi: min(lo+pieceSize, len(g.D))})
		}
	}
	return a
}

// grown is a after some tensors have become others, of another length, of which nothing is known yet.
func (a *Adam) grown(grads []lfn.Grad) *Adam {
	b := NewAdam(grads)
	b.LR, b.Step, b.Scale, b.Decay = a.LR, a.Step, a.Scale, a.Decay
	for i, m := range a.moments {
		if len(m[0]) == len(b.moments[i][0]) {
			b.moments[i] = m
		}
	}
	return b
}

// Pieces counts the pieces of an update.
func (a *Adam) Pieces() int { return len(a.pieces) }

// Update does piece i of an update: of grids only where the batch had a sample.
func (a *Adam) Update(grads []lfn.Grad, i int) {
	p := a.pieces[i]
	g := &grads[p.tensor]
	w, d := g.Data[p.lo:p.hi], g.D[p.lo:p.hi]
	m, v := a.moments[p.tensor][0][p.lo:p.hi], a.moments[p.tensor][1][p.lo:p.hi]
	if a.Scale != 1 {
		for j := range d {
			d[j] *= a.Scale
		}
	}
	lr := float32(a.LR)
	if g.Touched == nil {
		if keep := float32(1 - a.LR*a.Decay); keep != 1 {
			for j := range w {
				w[j] *= keep
			}
		}
		UpdateByAdam(w, d, m, v, lr, a.Step)
		return
	}
	c1, c2 := corrections(a.Step)
	f32.AdamTouched(w, d, m, v, g.Touched[p.lo/16:(p.hi+15)/16], gridLR*lr, beta1, beta2, adamEps, c1, c2)
}

// Moments are m and v of the tensors, which are given, as a checkpoint has them.
func (a *Adam) Moments(of []lfn.Tensor) []lfn.Tensor {
	var ts []lfn.Tensor
	for i, t := range of {
		ts = append(ts, MomentsOf(t, a.moments[i])...)
	}
	return ts
}

// MomentsOf are m and v of one tensor, as a checkpoint has them.
func MomentsOf(t lfn.Tensor, mv [2][]float32) []lfn.Tensor {
	return []lfn.Tensor{{Name: "m." + t.Name, Shape: t.Shape, Data: mv[0]}, {Name: "v." + t.Name, Shape: t.Shape, Data: mv[1]}}
}

// UpdateByAdam moves weights w against their gradient d, by the moments m and v, in update step, from 1.
func UpdateByAdam(w, d, m, v []float32, lr float32, step int) {
	c1, c2 := corrections(step)
	f32.Adam(w, d, m, v, lr, beta1, beta2, adamEps, c1, c2)
}

// corrections are of the moments' bias.
func corrections(step int) (c1, c2 float32) {
	return float32(1 - math.Pow(beta1, float64(step))), float32(1 - math.Pow(beta2, float64(step)))
}
