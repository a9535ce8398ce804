package lfn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"lfnview/plucker"
)

// hyperConfigs has every conditioning, and every encoding that goes with one.
func hyperConfigs() []HyperConfig {
	small := func(e Encoding, c HyperConfig) HyperConfig {
		c.Latent, c.Width = 16, 32
		c.Network = Config{Encoding: e, Hidden: []int{20, 9}, Norm: NormLayer, Activation: ReLU, Output: OutputSigned}
		return c
	}
	sine := small(Encoding{Kind: Coordinates}, HyperConfig{Conditioning: HyperFilm})
	sine.Network.Norm, sine.Network.Activation, sine.Network.Omega, sine.Network.Output = NormNone, Sine, 10, OutputUnit
	return []HyperConfig{
		small(Encoding{Kind: Coordinates}, HyperConfig{Conditioning: HyperFull}),
		small(Encoding{Kind: Frequency, Frequencies: 2}, HyperConfig{Conditioning: HyperLowRank, Rank: 3}),
		small(Encoding{Kind: Points, Points: 3, Frequencies: 1}, HyperConfig{Conditioning: HyperFilm}),
		sine,
		small(Encoding{Kind: Volume, Points: 20, Grids: []int{5, 13}}, HyperConfig{Conditioning: HyperFilm, Basis: []int{16, 32}}), // the answers of the second grid are in two parts
		small(Encoding{Kind: Grid, Points: 3, Grids: []int{4}}, HyperConfig{Conditioning: HyperFull, Basis: []int{16}}),
	}
}

func hyperName(c HyperConfig) string {
	return c.Conditioning + "/" + c.Network.Encoding.Kind + "/" + c.Network.Activation
}

// newTestHyper makes a hypernetwork and latents for a few scenes; its last layers are larger than those of a new one, so
// that the scenes differ.
func newTestHyper(t testing.TB, c HyperConfig, scenes int) (*Hyper, []float32) {
	t.Helper()
	h, err := NewHyper(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range h.nets {
		for j := range h.nets[i].layers[2].Weight {
			h.nets[i].layers[2].Weight[j] *= 3
		}
		for k := range h.nets[i].scale { // as after some steps
			for j := range h.nets[i].scale[k] {
				h.nets[i].scale[k][j] += 0.2 * float32(rng.NormFloat64())
				h.nets[i].shift[k][j] += 0.2 * float32(rng.NormFloat64())
			}
		}
	}
	z := make([]float32, scenes*c.Latent)
	for i := range z {
		z[i] = float32(rng.NormFloat64())
	}
	return h, z
}

// hyperTwin is the slow twin of a hypernetwork, in float64, with tensors of its own.
type hyperTwin struct {
	h       *Hyper
	tensors map[string][]float64
}

func newHyperTwin(h *Hyper) *hyperTwin {
	r := &hyperTwin{h, map[string][]float64{}}
	for _, t := range h.Tensors() {
		for _, v := range t.Data {
			r.tensors[t.Name] = append(r.tensors[t.Name], float64(v))
		}
	}
	return r
}

// answer is what MLP i of Ψ makes of a latent.
func (r *hyperTwin) answer(i int, z []float64) []float64 {
	x := z
	for k := range 3 {
		name := fmt.Sprintf("hyper.%d.layers.%d.", i, k)
		w, y := r.tensors[name+"weight"], slices.Clone(r.tensors[name+"bias"])
		for j := range y {
			for m, v := range x {
				y[j] += w[j*len(x)+m] * v
			}
		}
		if x = y; k == 2 {
			break
		}
		scale, normed := r.tensors[name+"scale"]
		if normed {
			layerNorm(y)
		}
		for j, v := range y {
			if normed {
				y[j] = max(scale[j]*v+r.tensors[name+"shift"][j], 0)
			} else if v < 0 {
				y[j] = 0.2 * v
			}
		}
	}
	return x
}

// network is φ for a latent.
func (r *hyperTwin) network(z []float64) *twin {
	phi := &twin{c: r.h.Config.Network}
	in := phi.c.InputWidth()
	for i, out := range append(slices.Clone(phi.c.Hidden), 3) {
		w, b := make([]float64, out*in), make([]float64, out)
		name := fmt.Sprintf("base.layers.%d.", i)
		bw, bb := r.tensors[name+"weight"], r.tensors[name+"bias"]
		switch r.h.Config.Conditioning {
		case HyperFull:
			w, b = r.answer(2*i, z), r.answer(2*i+1, z)
		case HyperLowRank:
			rank, ab, shift := r.h.Config.Rank, r.answer(2*i, z), r.answer(2*i+1, z)
			for j := range out {
				for k := range in {
					for q := range rank {
						w[j*in+k] += bw[j*in+k] * ab[j*rank+q] * ab[(out*rank+q*in)+k]
					}
				}
				b[j] = bb[j] + shift[j]
			}
		case HyperFilm:
			film := r.answer(i, z)
			for j := range out {
				for k := range in {
					w[j*in+k] = (1 + film[j]) * bw[j*in+k]
				}
				b[j] = (1+film[j])*bb[j] + film[out+j]
			}
		}
		phi.tensors = append(phi.tensors, w, b)
		in = out
	}
	for i := range phi.c.Encoding.Grids {
		g := r.answer(r.h.gridNet()+i, z)
		phi.tensors, phi.span = append(phi.tensors, g), append(phi.span, 2*max(slices.Max(g), -slices.Min(g)))
	}
	return phi
}

// hyperBatch is a few rays of each of several scenes, with colours to learn.
type hyperBatch struct {
	rays   [][]plucker.Coords
	target []float32
}

func newHyperBatch(t *testing.T, h *Hyper, z []float32, each int) *hyperBatch {
	b := &hyperBatch{}
	for len(z) > 0 {
		b.rays = append(b.rays, smoothRays(t, newTwin(h.Decode(z[:h.Config.Latent])), each))
		z = z[h.Config.Latent:]
	}
	b.target = randomColors(each * len(b.rays))
	return b
}

func (b *hyperBatch) draw(scene, first int, dst []plucker.Coords) { copy(dst, b.rays[scene][first:]) }

func (b *hyperBatch) loss(scene, first int, rgb, drgb []float32) float64 {
	each := len(b.rays[0])
	return squares(b.target, each*len(b.rays))(scene*each+first, rgb, drgb)
}

// light learns a transmittance of 0.3, and lightLoss is its loss of one scene by the twin.
func (b *hyperBatch) light(_, _ int, trans, dtrans []float32) {
	for i, v := range trans {
		dtrans[i] = 2 * (v - 0.3) / float32(len(b.target)/3)
	}
}

func (b *hyperBatch) lightLoss(phi *twin, scene int) float64 {
	sum := 0.
	for _, ray := range b.rays[scene] {
		trans := phi.encode(lineOf(ray), &answer{})[3*len(phi.c.Encoding.Grids)].v
		sum += (trans - 0.3) * (trans - 0.3) / float64(len(b.target)/3)
	}
	return sum
}

// TestHyperGradients compares the loss, and the gradients of all tensors and of the latents along random directions, with
// central differences of the twin.
func TestHyperGradients(t *testing.T) {
	const scenes, each = 3, 8
	for _, c := range hyperConfigs() {
		t.Run(hyperName(c), func(t *testing.T) {
			h, z := newTestHyper(t, c, scenes)
			batch := newHyperBatch(t, h, z, each)
			slow := newHyperTwin(h)
			slow.tensors["latents"] = make([]float64, len(z))
			for i, v := range z {
				slow.tensors["latents"][i] = float64(v)
			}
			loss := func() (colors, light float64) {
				for s := range scenes {
					phi := slow.network(slow.tensors["latents"][s*c.Latent:][:c.Latent])
					colors += phi.loss(batch.rays[s], batch.target[3*s*each:]) / scenes
					if c.Network.Encoding.Kind == Volume {
						light += batch.lightLoss(phi, s)
					}
				}
				return colors, light
			}
			rng := rand.New(rand.NewPCG(1, 2))
			want := map[string]float64{}
			along := map[string][]float64{}
			for name, x := range slow.tensors {
				at, dir := slices.Clone(x), make([]float64, len(x))
				for j := range dir {
					dir[j] = rng.NormFloat64()
				}
				along[name] = dir
				want[name] = slope(func(step float64) float64 {
					for j, d := range dir {
						x[j] = at[j] + step*d
					}
					colors, light := loss()
					return colors + light
				})
				copy(x, at)
			}
			eachImpl(t, func(t *testing.T) {
				l := h.NewLearner(scenes)
				defer l.Close()
				l.Light = batch.light
				colors, _ := loss()
				if got := l.Batch(z, each, batch.draw, batch.loss); !(math.Abs(got-colors) <= 1e-5*colors) {
					t.Errorf("loss = %v, want %v", got, colors)
				}
				worst, nonzero := 0., 0
				grads := append(slices.Clone(l.Grads()), Grad{Tensor: Tensor{Name: "latents"}, D: l.DLatents()})
				for _, g := range grads {
					got, norm := 0., 1e-12
					for j, d := range g.D {
						got += along[g.Name][j] * float64(d)
						norm = math.Hypot(norm, float64(d))
					}
					if norm < 1e-6 { // such as that of a bias which the norm takes out again
						norm = 1e-3
					} else {
						nonzero++
					}
					err := math.Abs(got-want[g.Name]) / norm
					if worst = max(worst, err); !(err <= 1e-4) {
						t.Errorf("%s along a random direction = %v, want %v, off by %.3g of its norm", g.Name, got, want[g.Name], err)
					}
				}
				if nonzero < len(grads)*9/10 {
					t.Errorf("only %d of %d gradients are not 0", nonzero, len(grads))
				}
				t.Logf("%d gradients, worst %.3g", len(grads), worst)
			})
		})
	}
}

// TestHyperDecode: the network of a latent has the colours that the learner sees, and a learner of latents alone has
// the derivatives of one of everything.
func TestHyperDecode(t *testing.T) {
	const scenes, each = 5, stripRays + 9
	for _, c := range hyperConfigs() {
		t.Run(hyperName(c), func(t *testing.T) {
			h, z := newTestHyper(t, c, scenes)
			rays := testRays(each)
			b := &hyperBatch{target: randomColors(scenes * each)}
			for range scenes {
				b.rays = append(b.rays, rays)
			}
			want := make([][]float32, scenes)
			for s := range want {
				want[s] = make([]float32, 3*each)
				h.Decode(z[s*c.Latent:][:c.Latent]).Pack().Colors(want[s], rays)
			}
			if slices.Equal(want[0], want[1]) {
				t.Fatal("two scenes look the same")
			}
			compare := func(scene, first int, rgb, drgb []float32) float64 {
				for i, v := range rgb {
					if w := want[scene][3*first+i]; !(math.Abs(float64(min(max(v, 0), 1)-w)) <= 1e-4) {
						t.Errorf("scene %d: value %d is %v for the learner, want %v", scene, 3*first+i, v, w)
						break
					}
				}
				return b.loss(scene, first, rgb, drgb)
			}
			all, alone := h.NewLearner(scenes), h.NewLatentLearner(scenes)
			defer all.Close()
			defer alone.Close()
			if got, want := all.Loss(z, each, b.draw, b.loss), alone.Loss(z, each, b.draw, b.loss); got != want || !(got > 0) {
				t.Errorf("Loss is %v, and %v for a learner of latents alone", got, want)
			}
			loss := all.Batch(z, each, b.draw, compare)
			if got := all.Loss(z, each, b.draw, b.loss); got != loss {
				t.Errorf("Loss is %v, that of Batch %v", got, loss)
			}
			if got := alone.Batch(z, each, b.draw, b.loss); got != loss || !slices.Equal(alone.DLatents(), all.DLatents()) {
				t.Errorf("a learner of latents alone has loss %v and other derivatives than one of everything, %v", got, loss)
			}
		})
	}
}

// TestHyperDeterminism: the same bits for any number of goroutines, with fewer scenes than lanes and with more.
func TestHyperDeterminism(t *testing.T) {
	for _, c := range hyperConfigs() {
		t.Run(hyperName(c), func(t *testing.T) {
			const most = lanes + 3
			h, z := newTestHyper(t, c, most)
			b := &hyperBatch{target: randomColors(most * 70)}
			for i := range most {
				b.rays = append(b.rays, testRays(70 + i)[i:])
			}
			bits := func(procs int) (bits []uint32) {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
				l := h.NewLearner(most)
				defer l.Close()
				l.Light = b.light
				for _, scenes := range []int{most, 3} {
					loss := l.Batch(z[:scenes*c.Latent], 70, b.draw, b.loss)
					bits = append(bits, math.Float32bits(float32(loss)))
					for _, g := range append(slices.Clone(l.Grads()), Grad{D: l.DLatents()}) {
						for _, v := range g.D {
							bits = append(bits, math.Float32bits(v))
						}
					}
				}
				return bits
			}
			want := bits(1)
			for _, procs := range []int{2, 5} {
				if !slices.Equal(bits(procs), want) {
					t.Errorf("%d goroutines: other bits than one", procs)
				}
			}
		})
	}
}

func TestHyperAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	for _, c := range hyperConfigs() {
		t.Run(hyperName(c), func(t *testing.T) {
			h, z := newTestHyper(t, c, 4)
			b := &hyperBatch{target: randomColors(4 * 50)}
			for range 4 {
				b.rays = append(b.rays, testRays(50))
			}
			draw, loss := b.draw, func(_, _ int, rgb, drgb []float32) float64 { copy(drgb, rgb); return 0 }
			l := h.NewLearner(4)
			defer l.Close()
			l.Light = func(_, _ int, trans, dtrans []float32) { copy(dtrans, trans) }
			if got := testing.AllocsPerRun(5, func() { l.Batch(z, 50, draw, loss) }); got != 0 {
				t.Errorf("Batch allocates %v times", got)
			}
		})
	}
}

func TestHyperConfig(t *testing.T) {
	paper, err := HyperPreset("paper")
	if err != nil {
		t.Fatal(err)
	}
	// The authors' hypernetwork: 16 MLPs of 256, 256 and as many numbers as a tensor of φ has.
	want := 16*(257*256+512+257*256+512) + 257*397_315
	if got := paper.Params(); got != want {
		t.Errorf("paper has %d parameters, want %d", got, want)
	}
	for _, name := range HyperPresets() {
		c, err := HyperPreset(name)
		if err == nil {
			err = c.Validate()
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, c := range hyperConfigs() {
		h, err := NewHyper(c, 1)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, x := range h.Tensors() {
			n += len(x.Data)
		}
		if n != c.Params() {
			t.Errorf("%s: %d parameters in tensors, and Params is %d", hyperName(c), n, c.Params())
		}
	}
	if _, err := HyperPreset("large"); err == nil || !strings.Contains(err.Error(), "film") {
		t.Errorf("HyperPreset(large): %v, want the names that there are", err)
	}
	for _, tt := range []struct {
		name   string
		change func(c *HyperConfig)
		want   string
	}{
		{"no basis", func(c *HyperConfig) { c.Network.Encoding = Encoding{Kind: Volume, Points: 8, Grids: []int{8}} }, "basis has 0 numbers, want one for each of 1 grids"},
		{"basis", func(c *HyperConfig) {
			c.Network.Encoding, c.Basis = Encoding{Kind: Volume, Points: 8, Grids: []int{8}}, []int{8}
		}, "basis[0] is 8, want a multiple of 16 from 16 to 512"},
		{"large grid", func(c *HyperConfig) {
			c.Network.Encoding, c.Basis = Encoding{Kind: Volume, Points: 8, Grids: []int{8, 128}}, []int{16, 16}
		}, "network: encoding.grids[1] is 128, want at most 64 for many scenes"},
		{"surroundings", func(c *HyperConfig) {
			c.Network.Encoding, c.Basis = Encoding{Kind: Volume, Points: 8, Grids: []int{8}, Clear: 2}, []int{16}
		}, "encoding.clear"},
		{"window", func(c *HyperConfig) {
			c.Network.Encoding = Encoding{Kind: Points, Points: 8, Window: twinWindow()}
		}, "encoding.window"},
		{"network", func(c *HyperConfig) { c.Network.Norm = "batch" }, "network: norm"},
		{"latent", func(c *HyperConfig) { c.Latent = 100 }, "latent is 100, want a multiple of 16"},
		{"width", func(c *HyperConfig) { c.Width = 0 }, "width is 0"},
		{"conditioning", func(c *HyperConfig) { c.Conditioning = "concat" }, "conditioning is \"concat\", want hyper, lowrank or film"},
		{"rank", func(c *HyperConfig) { c.Conditioning = HyperLowRank }, "rank is 0"},
		{"no rank", func(c *HyperConfig) { c.Rank = 3 }, "rank is 3, but film has none"},
	} {
		c := hyperConfigs()[2]
		tt.change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}
