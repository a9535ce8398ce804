package lfn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/lfn/f32"
	"lfnview/plucker"
)

// num is a number in float64 and a bound of how far the same number may be off in the float32 code: a
// running error analysis (Higham, Accuracy and Stability of Numerical Algorithms, section 3.3).
type num struct{ v, err float64 }

// ulp is twice the largest relative error of one float32 operation.
const ulp = 1. / (1 << 23)

func exact(v float64) num { return num{v, 0} }

// rounded adds to the error of x that of terms more roundings of a sum whose terms' magnitudes add up to abs.
func (x num) rounded(terms int, abs float64) num {
	x.err += float64(terms) * ulp * abs
	return x
}

// high is the largest magnitude that the float32 code may have for x.
func (x num) high() float64 { return math.Abs(x.v) + x.err }

// twin is the slow twin of a network: each formula of the documentation as it stands there, in float64,
// one ray after the other. It has its own copy of the tensors, which a test may move by less than a float32 can.
type twin struct {
	c       Config
	tensors [][]float64 // in the order of Network.Tensors
	span    []float64   // of each grid: more than any value, and than any two differ
}

func newTwin(n *Network) *twin {
	r := &twin{c: n.Config}
	for _, t := range n.Tensors() {
		x := make([]float64, len(t.Data))
		for i, v := range t.Data {
			x[i] = float64(v)
		}
		r.tensors = append(r.tensors, x)
	}
	for _, g := range n.Grids {
		r.span = append(r.span, 2*float64(max(slices.Max(g), -slices.Min(g))))
	}
	return r
}

func (r *twin) grid(g int) []float64 { return r.tensors[2*(len(r.c.Hidden)+1)+g] }

// answer is what the twin has for one ray.
type answer struct {
	rgb [3]float64
	// kink is the distance to the nearest place where the network has no derivative: what a ReLU gets from 0,
	// or the transmittance where a ray ends from 0.001, relative to that.
	kink float64
	// unsure: rounding decides how far along the ray the float32 code looks.
	unsure bool
}

// line is Plücker coordinates.
type line [6]float64

func lineOf(ray plucker.Coords) (l line) {
	for i, v := range ray {
		l[i] = float64(v)
	}
	return l
}

// color evaluates the network for one ray.
func (r *twin) color(ray plucker.Coords) answer { return r.colorOf(lineOf(ray)) }

func (r *twin) colorOf(ray line) answer {
	a := answer{kink: math.Inf(1)}
	var x []float64
	for _, v := range r.encode(ray, &a) {
		x = append(x, v.v)
	}
	for i := range len(r.c.Hidden) + 1 {
		w, b := r.tensors[2*i], r.tensors[2*i+1]
		y := slices.Clone(b)
		for j := range y {
			for k, v := range x {
				y[j] += w[j*len(x)+k] * v
			}
		}
		if x = y; i == len(r.c.Hidden) {
			break
		}
		if r.c.Norm == NormLayer {
			layerNorm(x)
		}
		for j, v := range x {
			if r.c.Activation == ReLU {
				a.kink = min(a.kink, math.Abs(v))
				x[j] = max(v, 0)
			} else {
				x[j] = math.Sin(r.c.Omega * v)
			}
		}
	}
	for c, v := range x {
		if a.rgb[c] = v; r.c.Output == OutputSigned {
			a.rgb[c] = (v + 1) / 2
		}
	}
	return a
}

// layerNorm is (x − mean(x)) / √(var(x) + 1e-5).
func layerNorm(x []float64) {
	n := float64(len(x))
	var mean, variance float64
	for _, v := range x {
		mean += v / n
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean) / n
	}
	for j, v := range x {
		x[j] = (v - mean) / math.Sqrt(variance+1e-5)
	}
}

// encode is what the MLP gets of a ray.
func (r *twin) encode(ray line, a *answer) []num {
	e := r.c.Encoding
	var row []num
	for _, v := range ray {
		row = append(row, exact(v))
	}
	switch e.Kind {
	case Frequency:
		return append(row, twinWaves(row, e.Frequencies)...)
	case Points:
		for _, p := range twinTrack(e, ray, a).points {
			row = append(row, p[:]...)
			row = append(row, twinWaves(p[:], e.Frequencies)...)
		}
	case Grid:
		var features []num
		for _, p := range twinTrack(e, ray, a).points {
			for g := range e.Grids {
				f := r.fetch(g, p)
				features = append(features, f[:]...)
			}
		}
		return append(features, row...)
	case Volume:
		return append(r.composite(twinTrack(e, ray, a), a), row...)
	}
	return row
}

// twinWaves are sin(2ᶠπ·v) and cos(2ᶠπ·v) of each v, octave by octave.
func twinWaves(vs []num, octaves int) (row []num) {
	for f := range octaves {
		scale := math.Pi * math.Exp2(float64(f))
		for _, v := range vs {
			row = append(row, num{math.Sin(scale * v.v), scale*v.err + ulp}, num{math.Cos(scale * v.v), scale*v.err + ulp})
		}
	}
	return row
}

// twinPoints are the samples of a ray, and the spacing.
type twinPoints struct {
	points  [][3]num
	outside []bool // of the ball; nil where none is
	length  num
}

// twinChord cuts the part of a ray inside the unit ball, of half length √(1 − |d × m|²) around d × m,
// into n parts, with a sample in the middle of each.
func twinChord(ray line, n int) twinPoints {
	d, m := mgl64.Vec3(ray[:3]), mgl64.Vec3(ray[3:])
	mid := d.Cross(m)
	var midErr [3]float64
	h2, h2Err := 1-mid.Dot(mid), ulp
	for i := range 3 {
		j, k := (i+1)%3, (i+2)%3
		midErr[i] = 1.5 * ulp * (math.Abs(d[j]*m[k]) + math.Abs(d[k]*m[j]))
		h2Err += (2*math.Abs(mid[i])+midErr[i])*midErr[i] + 2*ulp*mid[i]*mid[i]
	}
	h := num{math.Sqrt(max(h2, 0)), math.Sqrt(max(h2+h2Err, 0))}
	h.err -= h.v
	if h2 > h2Err { // |√a − √b| = |a − b| / (√a + √b)
		h.err = h2Err / h.v
	}
	if h.v > 0 || h.err > 0 {
		h = h.rounded(1, h.v)
	}
	c := twinPoints{length: num{2 * h.v / float64(n), 2 * h.err / float64(n)}.rounded(1, 2*h.v/float64(n))}
	for s := range n {
		var p [3]num
		for i := range 3 {
			t := (2*float64(s)+1)/float64(n) - 1
			p[i] = num{mid[i] + t*h.v*d[i], midErr[i] + h.err*math.Abs(d[i])}.rounded(4, math.Abs(mid[i])+3*h.high()*math.Abs(d[i]))
		}
		c.points = append(c.points, p)
	}
	return c
}

// fetch reads grid g at p: the sum over the 8 texels around it of their trilinear weights times the texel.
func (r *twin) fetch(g int, p [3]num) [4]num {
	res := r.c.Encoding.Sides()[g]
	grid := r.grid(g)
	var cell [3]int
	var frac [3]float64
	off := 0.
	for i := range 3 {
		half := float64(res-1) / 2
		u := min(max((p[i].v+1)*half, 0), 2*half)
		cell[i] = min(int(u), res-2)
		frac[i] = u - float64(cell[i])
		off += min(half*p[i].err+ulp*(half*p[i].high()+2*half), 2*half)
	}
	var f [4]num
	for c := range f {
		for k := range 8 {
			x, y, z := cell[0]+k&1, cell[1]+k>>1&1, cell[2]+k>>2
			w := 1.
			for i := range 3 {
				if k>>i&1 != 0 {
					w *= frac[i]
				} else {
					w *= 1 - frac[i]
				}
			}
			f[c].v += w * grid[4*((z*res+y)*res+x)+c]
		}
		f[c].err = off * r.span[g] // a position that is off by so many texels
		f[c] = f[c].rounded(8, r.span[g])
	}
	return f
}

// twinOpacity is 1 − exp(−softplus(10σ − 1)·25·Δt), and that softplus.
func twinOpacity(sigma, length float64) (alpha, softplus float64) {
	s := 10*sigma - 1
	softplus = max(s, 0) + math.Log1p(math.Exp(-math.Abs(s)))
	return -math.Expm1(-softplus * 25 * length), softplus
}

// composite blends the features along a chord from front to back, everything being occupied:
// 3·Σ T·a·f of each grid's three features, and the transmittance that is left.
//
// It looks at 16 samples at a time, all in the ball or all outside, and stops where less than 0.001 of the light is left.
func (r *twin) composite(chord twinPoints, a *answer) []num {
	grids := len(r.c.Encoding.Grids)
	acc := make([]num, 3*grids+1)
	trans := exact(1)
	begin := 0 // of those on this side of the sphere
	for k, p := range chord.points {
		space := 0
		if chord.outside != nil {
			if k > 0 && chord.outside[k] != chord.outside[k-1] {
				begin = k
			}
			if chord.outside[k] {
				space = grids
			}
		}
		if (k-begin)%16 == 0 {
			a.kink = min(a.kink, math.Abs(trans.v/0.001-1))
			a.unsure = a.unsure || math.Abs(trans.v-0.001) <= trans.err
			if trans.v < 0.001 {
				break
			}
		}
		var f [maxGrids][4]num
		var sigma, sigmaErr, sigmaAbs float64
		for g := range grids {
			f[g] = r.fetch(space+g, p)
			sigma += f[g][0].v
			sigmaErr += f[g][0].err
			sigmaAbs += f[g][0].high()
		}
		v, softplus := twinOpacity(sigma, chord.length.v)
		// What f32.Composite says of its error, and what the features and the length have: d(ln a)/ds ≤ 1
		// for s = 10σ − 1, and da/dΔt ≤ 25·softplus.
		alpha := num{v, v*(ulp*8+2*ulp*(10*sigmaAbs+1)+10*sigmaErr) + 25*softplus*(chord.length.err+2*ulp*chord.length.v)}
		w := num{trans.v * alpha.v, trans.err*alpha.high() + trans.v*alpha.err}.rounded(1, trans.v*alpha.v)
		for g := range grids {
			for c := range 3 {
				x := f[g][1+c]
				y := &acc[3*g+c]
				y.v += 3 * w.v * x.v
				y.err += 3 * (w.err*x.high() + w.v*x.err + 4*ulp*w.v*math.Abs(x.v))
			}
		}
		trans = num{trans.v * (1 - alpha.v), trans.err*(1-alpha.v) + trans.high()*alpha.err}.rounded(2, trans.v)
	}
	acc[3*grids] = trans
	for i := range acc[:3*grids] {
		acc[i] = acc[i].rounded(len(chord.points), math.Abs(acc[i].v))
	}
	return acc
}

// twinConfigs are small networks of every encoding, activation and norm, with widths that fill no tile.
func twinConfigs() []Config {
	var cs []Config
	for _, e := range []Encoding{
		{Kind: Coordinates},
		{Kind: Frequency, Frequencies: 3},
		{Kind: Points, Points: 4, Frequencies: 2},
		{Kind: Grid, Points: 5, Grids: []int{5, 12}},
		{Kind: Volume, Points: 40, Grids: []int{7, 16}},
		{Kind: Volume, Points: 21, Grids: []int{9}},
		{Kind: Volume, Points: 17, Grids: []int{2, 5, 11}},
		{Kind: Volume, Points: 40, Grids: []int{7, 16}, Window: twinWindow()},
		{Kind: Points, Points: 4, Frequencies: 1, Window: twinWindow()},
		{Kind: Volume, Points: 61, Grids: []int{7, 10}, Clear: 1.8},
		{Kind: Volume, Points: 25, Grids: []int{9}, Clear: 0.4},
	} {
		for _, activation := range []string{ReLU, Sine} {
			for _, norm := range []string{NormLayer, NormNone} {
				c := Config{Encoding: e, Hidden: []int{19, 16, 19, 16}, Norm: norm, Activation: activation}
				if activation == Sine {
					c.Omega = 3
				}
				if norm == NormNone {
					c.Output, c.Hidden = OutputSigned, []int{32, 21}
				}
				cs = append(cs, c)
			}
		}
	}
	return cs
}

func configName(c Config) string {
	e := c.Encoding
	return fmt.Sprintf("%s%v,window=%v,clear=%v/%s/norm=%s", e.Kind, e.Grids, e.Window != nil, e.Clear, c.Activation, c.Norm)
}

// newTest makes a network; its grids hold larger numbers than those of a new one, so that a ray meets
// opaque and clear samples.
func newTest(t testing.TB, c Config) *Network {
	t.Helper()
	n, err := New(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, g := range n.Grids {
		for i := range g {
			if g[i] = float32(0.5 * rng.NormFloat64()); i%4 == 0 {
				g[i] = 0.6*g[i] - 0.1
			}
		}
	}
	return n
}

// testRays are n rays: the first ones are special, the others come from a sphere of radius 3 and go through
// the unit ball, or beside it.
func testRays(n int) []plucker.Coords {
	var rays []plucker.Coords
	add := func(o, d [3]float64) {
		l := math.Hypot(math.Hypot(d[0], d[1]), d[2])
		var r plucker.Coords
		for i := range 3 {
			j, k := (i+1)%3, (i+2)%3
			r[i] = float32(d[i] / l)
			r[3+i] = float32((o[j]*d[k] - o[k]*d[j]) / l)
		}
		rays = append(rays, r)
	}
	add([3]float64{0, 0, 3}, [3]float64{0, 0, -1})        // along an axis, through the centre
	add([3]float64{3, 2, 0}, [3]float64{-1, 0, 0})        // misses
	add([3]float64{0.3, -3, 0.4}, [3]float64{0, 1, 0})    // along an axis, beside the centre
	add([3]float64{1, 2, 3}, [3]float64{-1, -2, -3})      // through the centre
	add([3]float64{-5, 1, 0}, [3]float64{1, 0, 0})        // touches the ball
	add([3]float64{0, 1 - 1e-5, 9}, [3]float64{0, 0, -1}) // all but touches it
	add([3]float64{700, 300, 0}, [3]float64{0, 1, 1})     // misses by far
	add([3]float64{-50, -80, -90}, [3]float64{1, -1, 0})
	for axis := range 3 {
		for _, sign := range []float64{1, -1} {
			var o, d [3]float64
			d[axis], o[(axis+1)%3] = sign, 0.5
			add(o, d)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for len(rays) < n {
		var o, d [3]float64
		var l float64
		for k := range 3 {
			o[k] = rng.NormFloat64()
			l += o[k] * o[k]
		}
		for k := range 3 {
			o[k] *= 3 / math.Sqrt(l)
			d[k] = rng.NormFloat64()*0.45 - o[k]
		}
		add(o, d)
	}
	return rays[:n]
}

// eachImpl runs f with every implementation of the kernels that this processor has.
func eachImpl(t *testing.T, f func(t *testing.T)) {
	before := f32.Impl()
	defer func() {
		if err := f32.SetImpl(before); err != nil {
			t.Error(err)
		}
	}()
	for _, name := range f32.Impls() {
		t.Run("impl="+name, func(t *testing.T) {
			if err := f32.SetImpl(name); err != nil {
				t.Fatal(err)
			}
			f(t)
		})
	}
}

// give hands rays to a learner.
func give(rays []plucker.Coords) func(first int, dst []plucker.Coords) {
	return func(first int, dst []plucker.Coords) { copy(dst, rays[first:]) }
}

// squares is the mean squared difference from target, for n rays.
func squares(target []float32, n int) func(first int, rgb, drgb []float32) float64 {
	return func(first int, rgb, drgb []float32) float64 {
		sum := 0.
		for i, v := range rgb {
			d := float64(v) - float64(target[3*first+i])
			drgb[i] = float32(2 * d / float64(3*n))
			sum += d * d / float64(3*n)
		}
		return sum
	}
}

// randomColors are n colours in [0, 1].
func randomColors(n int) []float32 {
	rng := rand.New(rand.NewPCG(1, 2))
	rgb := make([]float32, 3*n)
	for i := range rgb {
		rgb[i] = rng.Float32()
	}
	return rgb
}

// clearGrids does what the step after a batch does to the gradients of grids.
func clearGrids(grads []Grad) {
	for _, g := range grads {
		if g.Touched != nil {
			clear(g.D)
			clear(g.Touched)
		}
	}
}

// copyGrads returns what the gradients are now.
func copyGrads(grads []Grad) (ds [][]float32) {
	for _, g := range grads {
		ds = append(ds, slices.Clone(g.D))
	}
	return ds
}
