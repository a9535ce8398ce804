package train

import (
	"testing"

	"lfnview/lfn"
)

// Without a gradient nothing moves a weight but its decay.
func TestDecay(t *testing.T) {
	dense := lfn.Grad{Tensor: lfn.Tensor{Data: []float32{2, -4}}, D: make([]float32, 2)}
	a := NewAdam([]lfn.Grad{dense})
	a.LR, a.Step = 0.5, 1
	for _, c := range []struct {
		decay float64
		want  float32
	}{{0, 2}, {0.5, 1.5}, {1, 0.75}} {
		a.Decay = c.decay
		a.Update([]lfn.Grad{dense}, 0)
		if dense.Data[0] != c.want || dense.Data[1] != -2*c.want {
			t.Errorf("decay %v: weights are %v, want %v and %v", c.decay, dense.Data, c.want, -2*c.want)
		}
	}
}
