package lfn

import (
	"math"
	"slices"
	"testing"
)

func TestParams(t *testing.T) {
	paper, err := Preset("paper")
	if err != nil {
		t.Fatal(err)
	}
	if got := paper.Params(); got != 397_315 { // of the authors' network
		t.Errorf("paper has %d parameters, want 397315", got)
	}
	cs := twinConfigs()
	for _, name := range Presets() {
		c, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		if name != "large" || !testing.Short() {
			cs = append(cs, c)
		}
	}
	for _, c := range cs {
		n, err := New(c, 1)
		if err != nil {
			t.Fatalf("%s: %v", configName(c), err)
		}
		sum := 0
		for _, x := range n.Tensors() {
			size := 1
			for _, d := range x.Shape {
				size *= d
			}
			if size != len(x.Data) {
				t.Errorf("%s: %s has %d values, want %d", configName(c), x.Name, len(x.Data), size)
			}
			sum += size
		}
		if got := n.Params(); got != sum {
			t.Errorf("%s: Params() = %d, its tensors have %d values", configName(c), got, sum)
		}
	}
}

func TestPresetUnknown(t *testing.T) {
	if _, err := Preset("huge"); err == nil {
		t.Error("no error")
	}
}

// TestNewSeed: the same seed gives the same numbers, another seed others.
func TestNewSeed(t *testing.T) {
	for _, c := range twinConfigs() {
		var ns [3]*Network
		for i, seed := range []uint64{7, 7, 8} {
			n, err := New(c, seed)
			if err != nil {
				t.Fatal(err)
			}
			ns[i] = n
		}
		for i, x := range ns[0].Tensors() {
			if !slices.Equal(x.Data, ns[1].Tensors()[i].Data) {
				t.Errorf("%s: %s differs for the same seed", configName(c), x.Name)
			}
			constant := !slices.ContainsFunc(x.Data, func(v float32) bool { return v != x.Data[0] }) // a grey last bias
			if !constant && slices.Equal(x.Data, ns[2].Tensors()[i].Data) {
				t.Errorf("%s: %s is the same for another seed", configName(c), x.Name)
			}
		}
	}
}

// TestNewSpread compares the standard deviation of each layer's weights with that of the papers: √(2/In) for ReLU
// (Kaiming), a uniform ±1/In and ±√(6/In)/ω for SIREN.
func TestNewSpread(t *testing.T) {
	for _, tt := range []struct {
		activation string
		omega      float64
		want       func(layer int, in float64) float64
	}{
		{ReLU, 0, func(_ int, in float64) float64 { return math.Sqrt(2 / in) }},
		{Sine, 30, func(i int, in float64) float64 {
			if i == 0 {
				return 1 / in / math.Sqrt(3)
			}
			return math.Sqrt(6/in) / 30 / math.Sqrt(3)
		}},
	} {
		n, err := New(Config{Encoding: Encoding{Kind: Coordinates}, Hidden: []int{256, 256}, Norm: NormNone, Activation: tt.activation, Omega: tt.omega}, 1)
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range n.Layers {
			sq := 0.
			for _, w := range l.Weight {
				sq += float64(w) * float64(w)
			}
			got, want := math.Sqrt(sq/float64(len(l.Weight))), tt.want(i, float64(l.In))
			if !(math.Abs(got-want) <= 0.1*want) {
				t.Errorf("%s: weights of layer %d have the deviation %v, want %v", tt.activation, i, got, want)
			}
			bound := float32(1 / math.Sqrt(float64(l.In)))
			if hi, lo := slices.Max(l.Bias), slices.Min(l.Bias); hi > bound || lo < -bound || hi-lo < 0.2*bound {
				t.Errorf("%s: biases of layer %d are from %v to %v, want within ±%v", tt.activation, i, lo, hi, bound)
			}
		}
	}
}

// TestClone: a copy answers the same and shares nothing.
func TestClone(t *testing.T) {
	n := blobNetwork(t, Config{Encoding: Encoding{Kind: Volume, Points: 16, Grids: []int{8, 12}}, Hidden: []int{8}, Norm: NormLayer, Activation: ReLU}, -1, 0.1)
	n.FindEmptySpace()
	rays := testRays(100)
	want, got := make([]float32, 300), make([]float32, 300)
	n.Pack().Colors(want, rays)
	c := n.Clone()
	for _, x := range n.Tensors() {
		clear(x.Data)
	}
	n.FindEmptySpace()
	c.Pack().Colors(got, rays)
	if !slices.Equal(got, want) {
		t.Error("the copy has other colours, or changes with the network")
	}
}

// Fine grids in the ball begin so transparent that rays see through it, coarser ones do not, and none is empty.
func TestFirstDensity(t *testing.T) {
	for _, tt := range []struct {
		grids    []int
		points   int
		clear    float64
		low, top float64 // of the mean density
	}{
		{[]int{8, 64}, 240, 0, 0, 0},
		{[]int{8, 72}, 240, 0, -0.15, -0.15},
		{[]int{8, 72}, 240, 2, 0, 0},
		{[]int{8, 72}, maxPoints, 0, -0.14, -0.05},
		{[]int{8, 8, 72}, 240, 0, -0.14, -0.05},
	} {
		c := Config{Encoding: Encoding{Kind: Volume, Points: tt.points, Grids: tt.grids, Clear: tt.clear}, Hidden: []int{4}, Norm: NormLayer, Activation: ReLU}
		n, err := New(c, 1)
		if err != nil {
			t.Fatal(err)
		}
		for i, g := range n.Grids {
			var mean [4]float64
			for j, v := range g {
				mean[j%4] += float64(v) / float64(len(g)/4)
			}
			for k, m := range mean {
				low, top := 0., 0.
				if k == 0 {
					low, top = tt.low, tt.top
				}
				if m < low-0.02 || m > top+0.02 {
					t.Errorf("%+v: channel %d of grid %d begins with %v in the mean", tt, k, i, m)
				}
			}
		}
		if n.FindEmptySpace(); n.Occupied() != 1 {
			t.Errorf("%+v: %v of the space is occupied at first, want all", tt, n.Occupied())
		}
	}
}
