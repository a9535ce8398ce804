package train

import (
	"context"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"lfnview/lfn"
	"lfnview/train/dataset"
)

// fewCells are the bits of an occupancy of 64³ cells about some places.
func fewCells() []uint64 {
	bits := make([]uint64, 64*64*64/64)
	for _, p := range [][3]int{{20, 20, 20}, {30, 21, 20}, {0, 63, 40}, {63, 0, 0}} {
		cell := (p[2]*64+p[1])*64 + p[0]
		bits[cell>>6] |= 1 << (cell & 63)
	}
	return bits
}

// Training begins with coarser grids where fine ones may be held in part, and no others.
func TestStartOf(t *testing.T) {
	for _, tt := range []struct {
		grids, want        []int
		points, wantPoints int
	}{{[]int{64, 256}, []int{64, 128}, 320, 160}, {[]int{64, 128}, []int{64, 128}, 160, 160}, {[]int{160, 192}, []int{128, 128}, 3, 2}, {[]int{512}, []int{128}, 1, 1}} {
		c := testConfig()
		c.Encoding.Grids, c.Encoding.Points = tt.grids, tt.points
		before := slices.Clone(tt.grids)
		if e := startOf(c).Encoding; !slices.Equal(e.Grids, tt.want) || e.Points != tt.wantPoints || !slices.Equal(tt.grids, before) {
			t.Errorf("%v, %d points: begins with %v, %d, want %v, %d", before, tt.points, e.Grids, e.Points, tt.want, tt.wantPoints)
		}
		c.Encoding.Clear = 2
		if got := startOf(c); !reflect.DeepEqual(got, c) {
			t.Errorf("outside of the ball: begins with %v, want %v", got, c)
		}
	}
}

// TestSettleHeld: a grid that is held in part is smoothed and sinks like a whole one, empty elsewhere.
func TestSettleHeld(t *testing.T) {
	if testing.Short() {
		t.Skip("large grids")
	}
	const side = 132
	o := testOptions(10)
	c := o.Config
	c.Encoding.Grids = []int{8, side}
	spans := lfn.SpansOf(c, fewCells())[1]
	rng := rand.New(rand.NewPCG(1, 2))
	held, whole := make([]float32, 4*spans.Texels()), make([]float32, 4*side*side*side)
	for i := 0; i < len(held); i += 4 {
		held[i] = lfn.EmptyDensity
	}
	rows := 0
	for row := range side * side {
		texels, _ := spans.Row(held, side, row)
		for i := range texels {
			texels[i] = rng.Float32()
		}
		spans.Read(whole[4*row*side:][:4*side], held, row, 0)
		rows += min(len(texels), 1)
	}
	if rows < 20 {
		t.Fatalf("%d rows are held", rows)
	}
	tr := newTrainer(t, testSet(t), o)
	for _, edge := range []float32{0.3, math.MaxFloat32} {
		tr.settle(held, spans, side, 0.25, edge, 0.01)
		tr.settle(whole, nil, side, 0.25, edge, 0.01)
		row := make([]float32, 4*side)
		for k := range side * side {
			spans.Read(row, held, k, 0)
			texels, lo := spans.Row(held, side, k)
			if want := whole[4*k*side:][4*lo : 4*lo+len(texels)]; !slices.Equal(row[4*lo:4*lo+len(texels)], want) {
				t.Fatalf("row %d: %v, want %v", k, texels, want)
			}
			clearOutside(whole[4*k*side:][:4*side], lo, len(texels)/4)
		}
	}
}

// clearOutside makes all texels of a row but n from lo on empty, without features.
func clearOutside(row []float32, lo, n int) {
	for i := range len(row) / 4 {
		if i < lo || i >= lo+n {
			copy(row[4*i:4*i+4], []float32{lfn.EmptyDensity, 0, 0, 0})
		}
	}
}

// finerSet has photographs that tell finer grids.
func finerSet() *dataset.Set {
	return dataset.Procedural(dataset.RenderOptions{Views: 6, TestViews: 1, Size: 240, Samples: 1, Seed: 1})
}

// emptied is a trainer whose grids are to grow, and are empty but for a ball in the middle.
func emptied(t *testing.T, set *dataset.Set, steps int) *Trainer {
	t.Helper()
	o := growing(steps)
	tr := newTrainer(t, set, o)
	for i, g := range tr.network.Grids {
		side := tr.network.Config.Encoding.Grids[i]
		at := func(k int) float64 { return 2*float64(k%side)/float64(side-1) - 1 }
		for k := range side * side * side {
			if math.Hypot(at(k), math.Hypot(at(k/side), at(k/side/side))) > 0.35 {
				g[4*k] = lfn.EmptyDensity
			}
		}
	}
	tr.network.FindEmptySpace()
	return tr
}

func growing(steps int) Options {
	o := testOptions(steps)
	o.Config.Encoding.Grids, o.Config.Encoding.Points = []int{12, 140}, 40
	o.EMA = 0.9
	return o
}

// TestGrow: grids grow once, where space is not empty; the network is the same for any GOMAXPROCS, and after a stop.
func TestGrow(t *testing.T) {
	if testing.Short() {
		t.Skip("large grids")
	}
	set := finerSet()
	const steps = 4 * round
	file := filepath.Join(t.TempDir(), "a.checkpoint")
	run := func(procs, saveAt int) *Trainer {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		tr := emptied(t, set, steps)
		if tr.network.Config.Encoding.Grids[1] != lfn.DenseSide {
			t.Fatalf("begins with %v", tr.network.Config.Encoding)
		}
		loss := math.Inf(1)
		err := tr.Run(context.Background(), func() error {
			if !tr.grown {
				t.Errorf("not grown after %d steps", tr.rounds.Step)
			}
			if loss = min(loss, tr.rounds.Loss); tr.rounds.Step == saveAt {
				return tr.Save(file)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if tr.rounds.Loss > loss {
			t.Errorf("the loss is %v at the end, %v before", tr.rounds.Loss, loss)
		}
		return tr
	}
	tr := run(1, 2*round)
	n := tr.Model("").Network
	if !reflect.DeepEqual(n.Config, growing(steps).Config) || n.Spans == nil || len(n.Grids[1]) > 140*140*140 {
		t.Errorf("it has %v, %d values", n.Config.Encoding, len(n.Grids[1]))
	}
	if d := firstDifference(tr.tensors(), run(2, 0).tensors()); d != "" {
		t.Errorf("GOMAXPROCS 2: %s differs", d)
	}
	again, err := Resume(file, set, growing(steps))
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if err := again.Run(context.Background(), nothing); err != nil {
		t.Fatal(err)
	}
	if d := firstDifference(tr.tensors(), again.tensors()); d != "" {
		t.Errorf("after a stop: %s differs", d)
	}
	if other := again.snapshot(again.snapshot(nil, ""), "").Network; other.Spans == nil || firstDifference(other.Tensors(), again.averageTensors) != "" {
		t.Error("a snapshot is another network")
	}
}

// Grids grow after a share of the run, or after so many steps, whichever comes first.
func TestGrowWhen(t *testing.T) {
	if testing.Short() {
		t.Skip("large grids")
	}
	set := finerSet()
	for _, tt := range []struct{ steps, at int }{{400, 20}, {100 * growSteps, growSteps}} {
		tr := emptied(t, set, tt.steps)
		for _, step := range []int{tt.at - 1, tt.at} {
			tr.rounds.Step = step
			if tr.grow(); tr.grown != (step == tt.at) {
				t.Errorf("of %d steps after %d, grown is %v", tt.steps, step, tr.grown)
			}
		}
	}
}

// Space empties until grids can grow, however much of the run is over, which may go on for longer than it was to; after that
// densities sink at first only.
func TestSinkUntilGrown(t *testing.T) {
	if testing.Short() {
		t.Skip("large grids")
	}
	tr := newTrainer(t, finerSet(), growing(1000))
	first, last := sunkBy(tr, 0), sunkBy(tr, 1000)
	if want := 1 - 1000./fadeSteps; !(first > 0) || math.Abs(float64(last/first)-want) > 1e-2 {
		t.Errorf("densities sink by %v, and by %v at the end, want %v of it", first, last, want)
	}
	if _, err := tr.growAgain(fewCells()); err != nil {
		t.Fatal(err)
	}
	if last := sunkBy(tr, 1000); last != 0 {
		t.Errorf("grown, densities sink by %v at the end, want nothing", last)
	}
}

// Grids do not grow while most of space is to be held, nor by a checkpoint that says so.
func TestGrowRefuses(t *testing.T) {
	if testing.Short() {
		t.Skip("large grids")
	}
	tr := newTrainer(t, finerSet(), growing(round))
	tr.rounds.Step = round
	if tr.grow(); tr.grown {
		t.Error("grids grew into all of space")
	}
	for want, live := range map[string][]uint64{
		"grown has 3 numbers, which this network cannot have": {1, 2, 3},
		"grown has more than 0.25 of space":                   slices.Repeat([]uint64{math.MaxUint64}, 64*64*64/64),
	} {
		if _, err := tr.growAgain(live); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	tr.keep()
	if _, err := tr.growAgain(fewCells()); err != nil || !tr.grown {
		t.Errorf("a few cells: %v", err)
	}
	if tr.kept >= 0 {
		t.Error("weights from before a checkpoint are kept as those of its step")
	}
}
